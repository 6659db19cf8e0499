import { describe, expect, it } from "vitest";
import { areUsed, certificateGenerations, certificateName } from "../mosquitto/client-certificate.ts";
import { digest } from "../mosquitto/revision.ts";
import type { ClientCertificate } from "./client-authority.ts";
import { planRotation } from "./rotation.ts";
import { sampleSettings } from "./sample-settings.ts";
import type { Settings } from "./settings-schema.ts";
import { parseTakenOver, type TakenOver, writeTakenOver } from "./taken-over.ts";

type Config = Readonly<Record<string, unknown>>;

const NOW = new Date("2026-06-01T00:00:00Z");
const AFTER_ITS_END = new Date("2027-06-01T00:00:00Z");
const EXPIRES = "2027-05-01T00:00:00.000Z";
const SERVER_EXPIRES = "2029-05-01T00:00:00.000Z";

const rights = { readwrite: ["a/#"] };
const second = { ...rights, certificateGeneration: 2 };

/** The config of a stack whose mqtts listener knows clients by their certificates. */
function withCertificates(users: Config, more: Config = {}): Config {
  return { users, clientCertificates: { mqtts: "identity", ...more } };
}

function serialOf(name: string, authority = 1): string {
  return digest([name, String(authority)]).toUpperCase();
}

function issuedBy({ users, clientCertificates }: Settings): Record<string, readonly ClientCertificate[]> {
  if (!areUsed(clientCertificates)) return {};
  const { authorityGeneration } = clientCertificates;
  const entries = Object.entries(users).map(([user, state]) => [
    user,
    certificateGenerations(state).map((generation) => {
      const name = certificateName(user, generation);
      const serial = serialOf(name, authorityGeneration);
      return { name, generation, serial, issued: NOW.toISOString(), expires: EXPIRES };
    }),
  ]);
  return Object.fromEntries(entries);
}

/** What an update says. */
function said(config: Config, last: TakenOver | undefined, now = NOW): readonly string[] {
  const settings = sampleSettings(config);
  return planRotation({ stack: "dev", settings, own: undefined, now }, last).sentences;
}

/** The record after updates with these configs, one after the other, none of which may be refused. */
function recordAfter(...configs: readonly Config[]): TakenOver {
  const last = configs.reduce<TakenOver | undefined>((before, config) => update(config, before), undefined);
  if (last === undefined) throw new Error("there was no update");
  return last;
}

function update(config: Config, last: TakenOver | undefined, now = NOW): TakenOver | undefined {
  said(config, last, now);
  const settings = sampleSettings(config);
  const delivered = { settings, own: undefined, renewals: 0, serverExpires: SERVER_EXPIRES };
  return parseTakenOver(writeTakenOver({ ...delivered, issued: issuedBy(settings), last }));
}

/** The record as it was written before it had these fields. */
function older({ revoked: _, clientsAuthority: __, gone: ___, ...rest }: TakenOver): TakenOver | undefined {
  const without = (key: string, value: unknown) => (key === "certificateGeneration" ? undefined : value);
  return parseTakenOver(JSON.stringify(rest, without));
}

const revoked = { "web~1": serialOf("web~1") };
const stolen = withCertificates({ web: second }, { revoked });
const last = recordAfter(withCertificates({ web: rights }), withCertificates({ web: second }), stolen);

describe("a certificate that was revoked", () => {
  const back =
    "npm run pulumi -- config set --path " +
    `'naboom-mqtt:clientCertificates.revoked["web~1"]' ${serialOf("web~1")}`;

  it("stays revoked while it is valid, and the command that puts the entry back is named", () => {
    expect(said(stolen, last)).toEqual([]);
    expect(() => said(withCertificates({ web: second }), last)).toThrow(
      `client certificate web~1 (serial number ${serialOf("web~1")}) is revoked and valid until 2027-05-01, and the config ` +
        `does not revoke it any more, so the broker would let it in again; to mend it: ${back}`,
    );
  });

  it("stays so from record to record, whoever else is added or revoked meanwhile", () => {
    const third = { ...rights, certificateGeneration: 3 };
    const more = { ...revoked, "web~2": serialOf("web~2") };
    const later = [
      withCertificates({ web: second, other: rights }, { revoked }),
      withCertificates({ web: third }, { revoked: { ...more, "other~1": serialOf("other~1") } }),
    ].reduce<TakenOver | undefined>((before, config) => update(config, before), last);
    expect(() => said(withCertificates({ web: third }, { revoked: more }), later)).toThrow(
      `other~1 (serial number ${serialOf("other~1")})`,
    );
    expect(() => said(withCertificates({ web: third }), later)).toThrow(back);
  });

  it("stays so where its user is removed, and where the user is added again", () => {
    const users = { other: rights };
    const all = { ...revoked, "web~2": serialOf("web~2") };
    const later = update(withCertificates(users, { revoked: all }), last);
    expect(() => said(withCertificates(users, { revoked: { "web~2": serialOf("web~2") } }), later)).toThrow(
      back,
    );
    const again = { ...users, web: { ...rights, certificateGeneration: 3 } };
    expect(() => said(withCertificates(again), later)).toThrow(back);
    expect(said(withCertificates(again, { revoked: all }), later)).toEqual(["user web is added"]);
  });

  it("has the serial number that it had, in whichever letters it is written", () => {
    const config = (serial: string) => withCertificates({ web: second }, { revoked: { "web~1": serial } });
    expect(() => said(config("0A"), last)).toThrow(back);
    expect(said(config(`0${serialOf("web~1").toLowerCase()}`), last)).toEqual([]);
  });

  it("need not be named any more once it has ended, and is forgotten then", () => {
    expect(update(withCertificates({ web: second }), last, AFTER_ITS_END)?.revoked).toEqual({});
  });

  it("need not be named any more once its authority is another one, which may not be lowered", () => {
    const renewed = withCertificates({ web: second }, { authorityGeneration: 2 });
    expect(said(renewed, last)).toEqual([]);
    const kept = update(withCertificates({ web: second }, { authorityGeneration: 2, revoked }), last);
    expect(said(renewed, kept)).toEqual([]);
    expect(() => said(stolen, kept)).toThrow(
      "naboom-mqtt:clientCertificates.authorityGeneration is 1, and the broker has taken 2 over already",
    );
  });

  it("is known again after nobody was asked for certificates for a while", () => {
    const off = update({ users: { web: rights } }, last);
    const still = update({ users: { web: rights } }, off);
    expect(JSON.stringify(still)).toBe(JSON.stringify(off));
    expect(() => said(withCertificates({ web: second }), still)).toThrow(back);
    expect(said(stolen, still)).toEqual([]);
    expect(() => said(withCertificates({ web: rights }, { revoked }), still)).toThrow(
      "naboom-mqtt:users.web.certificateGeneration is 1, and the broker has taken 2 over already",
    );
  });

  it("is known from what is issued, where the record is of before there was such a list", () => {
    expect(said(stolen, older(last))).toEqual([]);
    expect(said(withCertificates({ web: second }), older(last))).toEqual([]);
    const later = update(stolen, older(last));
    expect(() => said(withCertificates({ web: second }), later)).toThrow(back);
  });

  it("changes the record once", () => {
    expect(JSON.stringify(update(stolen, last))).toBe(JSON.stringify(last));
  });
});

describe("a user's certificate generation", () => {
  it("may not be lowered, and nobody is told to revoke the newer certificate", () => {
    const refused = () => said(withCertificates({ web: rights }), last);
    expect(refused).toThrow(
      "naboom-mqtt:users.web.certificateGeneration is 1, and the broker has taken 2 over already: such a number is only " +
        "ever raised; to mend it: npm run pulumi -- config set --path 'naboom-mqtt:users.web.certificateGeneration' 2",
    );
    expect(refused).toThrow('revoked["web~1"]');
    expect(refused).not.toThrow("web~2");
  });

  it("means nothing where no listener asks for certificates", () => {
    expect(said({ users: { web: rights } }, last)).toEqual([]);
  });

  it("is at least what it was where the user was removed meanwhile", () => {
    const all = { ...revoked, "web~2": serialOf("web~2") };
    const removed = update(withCertificates({ other: rights }, { revoked: all }), last);
    expect(() => said(withCertificates({ web: rights, other: rights }, { revoked: all }), removed)).toThrow(
      "naboom-mqtt:users.web.certificateGeneration is 1, and the broker has taken 2 over already",
    );
  });
});

describe("a certificate that no user has any more", () => {
  it("has to be revoked, unless another authority makes it worthless anyway", () => {
    const last = recordAfter(withCertificates({ web: rights, other: rights }));
    expect(() => said(withCertificates({ other: rights }), last)).toThrow('revoked["web~1"]');
    const digits = { ...last, clients: { "web~1": { serial: "12", expires: EXPIRES } } };
    expect(() => said(withCertificates({ other: rights }), digits)).toThrow(
      "config set --type string --path",
    );
    expect(said(withCertificates({ other: rights }, { authorityGeneration: 2 }), last)).toEqual([
      "user web is removed, and its clients are disconnected",
    ]);
  });

  it("has to be revoked, too, where nobody was asked for certificates for a while", () => {
    const last = recordAfter(withCertificates({ web: rights, other: rights }), { users: { other: rights } });
    expect(() => said(withCertificates({ other: rights }), last)).toThrow('revoked["web~1"]');
  });
});

describe("a user who was removed", () => {
  const other = { other: rights };
  const overlap = { ...rights, rotation: "overlap", generation: 3, overlapSince: 2, retired: 2 };
  const path = "naboom-mqtt:users.web";

  function both(web: Config): Config {
    return { users: { ...other, web } };
  }

  function removed(user: Config): TakenOver {
    return recordAfter(both(user), { users: other }, { users: other });
  }

  it("may not come back with a lower generation, or an old password would come back as well", () => {
    const last = removed({ ...rights, generation: 2 });
    expect(() => said(both(rights), last)).toThrow(
      `${path}.generation is 1, and the broker has taken 2 over already: such a number is only ever raised; to mend it: ` +
        `npm run pulumi -- config set --path '${path}.generation' 2`,
    );
  });

  it("may come back with the numbers and seeds that it had, or higher ones, and is added", () => {
    const last = removed({ ...rights, generation: 2, seeds: { 2: 5 } });
    const again = { ...rights, generation: 2, seeds: { 2: 5 } };
    expect(said(both(again), last)).toEqual(["user web is added"]);
    expect(said(both({ ...rights, generation: 3 }), last)).toEqual(["user web is added"]);
    expect(() => said(both({ ...rights, generation: 2 }), last)).toThrow(
      `${path}.seeds gives generation 2 the seed 2`,
    );
  });

  it("may not come back with an account that was retired", () => {
    const last = removed(overlap);
    expect(() => said(both({ ...overlap, retired: 1 }), last)).toThrow(`${path}.retired is 1`);
    expect(() => said(both({ ...overlap, overlapSince: 1 }), last)).toThrow(`${path}.overlapSince is 1`);
  });

  it("is no longer gone once added again, and counts with what it had last", () => {
    const last = removed({ ...rights, generation: 2 });
    expect(Object.keys(last.gone)).toEqual(["web"]);
    const again = update(both({ ...rights, generation: 4 }), last);
    expect(again?.gone).toEqual({});
    const gone = update({ users: other }, again);
    expect(() => said(both({ ...rights, generation: 3 }), gone)).toThrow(
      `${path}.generation is 3, and the broker has taken 4 over already`,
    );
  });

  it("is not known from a record of before there was such a list", () => {
    const last = older(removed({ ...rights, generation: 2 }));
    expect(said(both(rights), last)).toEqual(["user web is added"]);
  });
});
