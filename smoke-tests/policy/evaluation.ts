import { demand, Unproved } from "../expectation.ts";
import { codeName, codes, NO_SUBSCRIBERS, type ProtocolVersion } from "../reason-codes.ts";
import type { Batch } from "./batch.ts";
import type { Connection, SubscriptionKind } from "./connection.ts";
import type { Presence, Read, Refusal, Will, Write } from "./presence.ts";
import { canBeShared, type Gap, type ReadProbe, type WriteProbe } from "./probe.ts";
import type { Publication } from "./publication.ts";
import type { CheckTitle, Tally } from "./tally.ts";

/** What is checked, in the order of the report. */
const NAMES = Object.freeze({
  letIn: "the right password is taken",
  keptOut: "the right password is refused where the user may not log in",
  write: {
    true: "what may be written arrives",
    false: "what may not be written is answered with 0x87, and does not arrive",
  },
  /** MQTT 3.1.1 has no answer that tells a refused message from another. */
  older: { true: "what may be written arrives", false: "what may not be written does not arrive" },
  read: { true: "what may be read is served", false: "what may not be read does not come" },
  retained: {
    true: "what may be read is served when it is retained",
    false: "what may not be read does not come when it is retained",
  },
  shared: {
    true: "what may be read is served by a shared subscription",
    false: "what may not be read does not come by a shared subscription",
  },
  will: {
    true: "a will is sent where the user may write",
    false: "a will is not sent where the user may not write",
  },
});

const NEVER_SHARED = "by a shared subscription to a topic that begins with $ this broker sends nothing";

/** The names of the checks, in the order of the report. */
export const namesOfPolicyProof: readonly string[] = Object.values(NAMES).flatMap((each) =>
  typeof each === "string" ? each : [each.true, each.false],
);

const RANKS: ReadonlyMap<string, number> = new Map(
  namesOfPolicyProof.map((name, index) => [name, index] as const).reverse(),
);

/** The place of a check in the report. */
export function rankOf(name: string): number {
  return RANKS.get(name) ?? -1;
}

/** Makes a check of each probe of a batch that was run. */
export function evaluate(batch: Batch, tally: Tally): void {
  for (const presence of batch.presences) evaluatePresence(presence, tally);
  for (const refusal of batch.refusals) keptOut(refusal, tally);
  for (const will of batch.wills) willCheck(will, tally);
}

function evaluatePresence(presence: Presence, tally: Tally): void {
  const { plan, connection } = presence;
  tally.add(
    { subject: "Log-in", name: NAMES.letIn, ...whose(connection) },
    () => void connection.demandSound(),
  );
  for (const [index, probe] of plan.writes.entries()) {
    const write = presence.writes[index];
    if (write !== undefined) writeCheck(presence, probe, write, presence.codes[index], tally);
  }
  for (const [index, probe] of plan.reads.entries()) {
    const read = presence.reads[index];
    if (read !== undefined) readChecks(connection, probe, read, tally);
  }
  for (const gap of plan.gaps) {
    const { listener = connection.listener } = gap;
    if (listener === connection.listener) gapCheck(connection, gap, tally);
  }
}

function keptOut({ user, listener, version, code }: Refusal, tally: Tally): void {
  const title = { subject: "Log-in", name: NAMES.keptOut, listener, version, user: user.name } as const;
  tally.add(title, () => demandKeptOut(version, code));
}

/** Demands the code of a refusal in the place of a CONNACK's; gives why there is none, where that is known. */
export function demandKeptOut(version: ProtocolVersion, code: Refusal["code"]): string | undefined {
  if (code instanceof Unproved) throw code;
  if (typeof code === "string") return code;
  const wanted = codes[version].notAuthorized;
  if (code === wanted) return undefined;
  throw new Unproved(`CONNACK ${codeName(version, wanted)}`, `CONNACK ${codeName(version, code)}`);
}

function writeCheck(
  { connection }: Presence,
  probe: WriteProbe,
  { topic, to }: Write,
  code: number | undefined,
  tally: Tally,
): void {
  const kind = connection.version === 4 ? "older" : "write";
  tally.add(titleOf(connection, kind, probe), () => {
    connection.demandSound();
    to?.demandSound();
    if (code === undefined) throw new Unproved(`an answer to the publish to ${topic}`, "none");
    if (connection.version === 5) demandCode(connection, topic, code, probe.allowed);
    if (to !== undefined) {
      demandComing(topic, probe.allowed, to.hasReceived({ topic, from: connection, kind: "written" }));
    }
    return undefined;
  });
}

function demandCode(connection: Connection, topic: string, code: number, allowed: boolean): void {
  const wanted = codes[5].notAuthorized;
  if (allowed ? code < 0x80 : code === wanted) return;
  const expected = allowed
    ? `the publish of ${connection.user.name} to ${topic} to be taken`
    : `a publish to ${topic} to be answered with ${codeName(5, wanted)}`;
  throw new Unproved(expected, `PUBACK ${codeName(5, code)}`);
}

function readChecks(connection: Connection, probe: ReadProbe, read: Read, tally: Tally): void {
  const { topic, publication } = read;
  const { allowed } = probe;
  if (publication === undefined) {
    tally.add(titleOf(connection, "retained", probe), () => {
      connection.demandSound();
      return demandComing(topic, allowed, connection.hasReceivedAnything(topic));
    });
    return;
  }
  tally.add(titleOf(connection, "read", probe), () =>
    demandServed(publication, connection, allowed, "plain"),
  );
  tally.add(titleOf(connection, "retained", probe), () => {
    demandSent(publication, connection);
    const came = connection.hasReceivedRetained(topic);
    return demandComing(topic, allowed, came || (!allowed && connection.hasReceivedAnything(topic)));
  });
  tally.add(titleOf(connection, "shared", probe), () =>
    canBeShared(topic) ? demandServed(publication, connection, allowed, "shared") : NEVER_SHARED,
  );
}

function demandServed(
  publication: Publication,
  connection: Connection,
  allowed: boolean,
  by: SubscriptionKind,
): undefined {
  demandSent(publication, connection);
  const { topic, from } = publication;
  const came = connection.hasReceived({ topic, from, kind: "live", by });
  // Where the user may read nothing, nothing may come, whoever has written it.
  demandComing(topic, allowed, came || (!allowed && connection.hasReceivedAnything(topic)));
}

/** The message was sent, and this reader's subscription was there, so that silence says something. */
function demandSent(publication: Publication, connection: Connection): void {
  connection.demandSound();
  publication.demandTaken("retained");
  publication.demandTaken("live");
  if (publication.code("live") !== NO_SUBSCRIBERS) return;
  throw new Unproved(`a subscriber of ${publication.topic}`, codeName(5, NO_SUBSCRIBERS));
}

function willCheck({ probe, topic, connection, to }: Will, tally: Tally): void {
  tally.add(titleOf(connection, "will", probe), () => {
    connection.demandSound();
    to.demandSound();
    return demandComing(topic, probe.allowed, to.hasReceived({ topic, from: connection, kind: "will" }));
  });
}

function demandComing(topic: string, expected: boolean, came: boolean): undefined {
  if (came === expected) return;
  const message = `a message on ${topic}`;
  demand(false, expected ? message : `no message on ${topic}`, came ? message : "none");
}

function gapCheck(connection: Connection, { of, allowed, rule, reason }: Gap, tally: Tally): void {
  const kind = of === "write" && connection.version === 4 ? "older" : of;
  tally.add(titleOf(connection, kind, { allowed, rule }), () => reason);
}

type Kind = "write" | "older" | "read" | "retained" | "shared" | "will";

function titleOf(
  { listener, version, user }: Connection,
  kind: Kind,
  { allowed, rule }: { allowed: boolean; rule: string },
): CheckTitle {
  return { subject: "Policy", name: NAMES[kind][`${allowed}`], listener, version, user: user.name, rule };
}

function whose({ user, listener, version }: Connection) {
  return { user: user.name, listener, version };
}
