import { describe, expect, it } from "vitest";
import { planRotation } from "./rotation.ts";
import { sampleSettings } from "./sample-settings.ts";
import { parseTakenOver, type TakenOver, writeTakenOver } from "./taken-over.ts";

type Config = Readonly<Record<string, unknown>>;

const NOW = new Date("2026-06-01T00:00:00Z");
const SERVER_EXPIRES = "2029-05-01T00:00:00.000Z";

const rights = { readwrite: ["a/#"] };

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
  return parseTakenOver(writeTakenOver({ ...delivered, issued: {}, last }));
}

/** The record as it was written before it had these fields. */
function older({ gone: _, ...rest }: TakenOver): TakenOver | undefined {
  return parseTakenOver(JSON.stringify(rest));
}

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
