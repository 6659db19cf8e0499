import type { ListenerName } from "../../mosquitto/listener.ts";
import { demand, Unproved } from "../expectation.ts";
import type { Check } from "../proof.ts";
import { codeName, codes, NO_SUBSCRIBERS } from "../reason-codes.ts";
import type { Batch, Presence, Refusal, Will } from "./batch.ts";
import type { Connection, PayloadKind } from "./connection.ts";
import { canBeShared, type Gap, isReal, type ReadProbe, type WriteProbe } from "./probe.ts";
import type { Publication } from "./publication.ts";

/** What is checked, in the order of the report. */
const NAMES = Object.freeze({
  letIn: "the right password is taken",
  keptOut: "the right password is refused where the user may not log in",
  write: {
    true: "what may be written arrives",
    false: "what may not be written is answered with 0x87, and does not arrive",
  },
  real: {
    true: "what may be written on a topic in real use is taken, and held back",
    false: "what may not be written on a topic in real use is answered with 0x87",
  },
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

const NOT_HELD = "this broker delivers what it should hold back, so topics in real use are left alone";

const NOTHING_SAID = "nothing was said there meanwhile, and to say something would disturb real clients";

const NEVER_SHARED = "by a shared subscription to a topic that begins with $ this broker sends nothing";

type Place = Pick<Check, "subject" | "name" | "listener" | "user" | "rule">;

/** The place of a check in the report. */
export function rankOf({ name }: Pick<Check, "name">): number {
  const names = Object.values(NAMES).flatMap((each) =>
    typeof each === "string" ? each : [each.true, each.false],
  );
  return names.indexOf(name);
}

/** Makes a check of each probe of a batch that was run. */
export function evaluate(batch: Batch): Check[] {
  return [
    ...batch.presences.map(letIn),
    ...batch.refusals.map(keptOut),
    ...batch.presences.flatMap((presence) => {
      const { plan, connection } = presence;
      return [
        ...plan.writes.map((probe) => writeCheck(batch, presence, probe)),
        ...plan.reads.flatMap((probe) => readChecks(batch, connection, probe)),
        ...plan.gaps
          .filter(({ listener = connection.listener }) => listener === connection.listener)
          .map((gap) => gapCheck(connection, gap)),
      ];
    }),
    ...batch.wills.map(willCheck),
  ];
}

function letIn({ connection }: Presence): Check {
  return made({ subject: "Log-in", name: NAMES.letIn, ...whose(connection) }, () => void connection.client);
}

function keptOut({ user, listener, code }: Refusal): Check {
  return made({ subject: "Log-in", name: NAMES.keptOut, listener, user: user.name }, () => {
    if (code instanceof Unproved) throw code;
    if (typeof code === "string") return code;
    const { notAuthorized } = codes[5];
    demand(code === notAuthorized, `CONNACK ${codeName(5, notAuthorized)}`, `CONNACK ${codeName(5, code)}`);
    return undefined;
  });
}

function writeCheck(batch: Batch, presence: Presence, probe: WriteProbe): Check {
  const { connection } = presence;
  if (isReal(probe.topic)) return heldCheck(presence, probe);
  return made(placeOf(connection, "write", probe), () => {
    connection.client;
    const publication = batch.publicationOf(connection.topic(probe.topic), "self", probe.partner, connection);
    if (probe.allowed) publication.demandTaken("live");
    else demandRefused(publication.topic, publication.code("live"));
    demandReceived(publication, "live", probe.allowed);
  });
}

function heldCheck({ connection, held }: Presence, probe: WriteProbe): Check {
  const place = placeOf(connection, "real", probe);
  return made(place, () => {
    connection.client;
    if (held instanceof Unproved) throw held;
    const code = held.get(probe.topic);
    if (code === undefined) return NOT_HELD;
    if (!probe.allowed) return demandRefused(probe.topic, code);
    demand(code < 0x80, `a publish to ${probe.topic} to be taken`, `PUBREC ${codeName(5, code)}`);
  });
}

function demandRefused(topic: string, code: number): undefined {
  const wanted = codeName(5, codes[5].notAuthorized);
  demand(
    code === codes[5].notAuthorized,
    `a publish to ${topic} to be answered with ${wanted}`,
    codeName(5, code),
  );
}

function readChecks(batch: Batch, connection: Connection, probe: ReadProbe): Check[] {
  const { source } = probe;
  if (source === "real clients" || source === "broker") return [passiveCheck(connection, probe)];
  const publication = () => batch.publicationOf(connection.topic(probe.topic), source, "self", connection);
  return [
    made(placeOf(connection, "read", probe), () =>
      demandServed(publication(), connection, "live", probe.allowed),
    ),
    made(placeOf(connection, "retained", probe), () =>
      demandServed(publication(), connection, "retained", probe.allowed),
    ),
    made(placeOf(connection, "shared", probe), () =>
      canBeShared(probe.topic)
        ? demandServed(publication(), connection, "live", probe.allowed, "shared")
        : NEVER_SHARED,
    ),
  ];
}

/** The message was sent, and this reader's subscription was there, so that silence says something. */
function demandServed(
  publication: Publication,
  connection: Connection,
  kind: PayloadKind,
  allowed: boolean,
  by: "plain" | "shared" = "plain",
): undefined {
  connection.client;
  publication.demandTaken("retained");
  publication.demandTaken("live");
  const { topic, from } = publication;
  const subscribed = publication.code("live") !== NO_SUBSCRIBERS;
  demand(subscribed, `a subscriber of ${publication.topic}`, codeName(5, NO_SUBSCRIBERS));
  demandComing(topic, allowed, connection.hasReceived({ topic, from, kind, by }));
}

/** What the broker always has comes or does not; what real clients say is proof only when there is something. */
function passiveCheck(connection: Connection, probe: ReadProbe): Check {
  const topic = connection.topic(probe.topic);
  return made(placeOf(connection, probe.source === "broker" ? "retained" : "read", probe), () => {
    const hasReceived = connection.receivedAnything(topic);
    if (!hasReceived && probe.source === "real clients") return NOTHING_SAID;
    demandComing(topic, probe.allowed, hasReceived);
  });
}

function willCheck({ probe, connection, to, fault }: Will): Check {
  return made(placeOf(connection, "will", probe), () => {
    if (fault !== undefined) throw fault;
    const topic = connection.topic(probe.topic);
    demandComing(topic, probe.allowed, to.hasReceived({ topic, from: connection, kind: "will" }));
  });
}

function demandReceived(publication: Publication, kind: PayloadKind, allowed: boolean): void {
  const { to, topic, from } = publication;
  if (to !== undefined) demandComing(topic, allowed, to.hasReceived({ topic, from, kind }));
}

function demandComing(topic: string, expected: boolean, hasReceived: boolean): undefined {
  const message = `a message on ${topic}`;
  demand(
    hasReceived === expected,
    expected ? message : `no message on ${topic}`,
    hasReceived ? message : "none",
  );
}

function gapCheck(connection: Connection, { of, allowed, rule, reason }: Gap): Check {
  return {
    ...placeOf(connection, of, { allowed, rule }),
    outcome: "not applicable",
    milliseconds: 0,
    reason,
  };
}

type Kind = "write" | "real" | "read" | "retained" | "shared" | "will";

function placeOf(
  connection: Connection,
  kind: Kind,
  { allowed, rule }: { allowed: boolean; rule: string },
): Place {
  return { subject: "Policy", name: NAMES[kind][`${allowed}`], ...whose(connection), rule };
}

function whose({ user, listener }: Connection): { user: string; listener: ListenerName } {
  return { user: user.name, listener };
}

/** Makes a check of what a proof throws, or of the reason that it gives for not being applicable. */
function made(place: Place, prove: () => string | undefined): Check {
  try {
    const reason = prove();
    if (reason !== undefined) return { ...place, outcome: "not applicable", milliseconds: 0, reason };
    return { ...place, outcome: "proved", milliseconds: 0 };
  } catch (error) {
    if (!(error instanceof Unproved)) throw error;
    return { ...place, outcome: "failed", milliseconds: 0, expected: error.expected, seen: error.actual };
  }
}
