import type { ListenerName } from "../../mosquitto/listener.ts";
import { demand, Unproved } from "../expectation.ts";
import type { Check } from "../proof.ts";
import { codeName, codes, NO_SUBSCRIBERS } from "../reason-codes.ts";
import type { Batch, Refusal, Stand, Will } from "./batch.ts";
import type { Exchange } from "./exchange.ts";
import type { Saying, Seat } from "./seat.ts";
import { canBeShared, type Gap, isReal, type ReadTrial, type WriteTrial } from "./trial.ts";

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

/** Makes a check of each trial of a batch that was run. */
export function evaluate(batch: Batch): Check[] {
  return [
    ...batch.stands.map(letIn),
    ...batch.refusals.map(keptOut),
    ...batch.stands.flatMap((stand) => {
      const { plan, seat } = stand;
      return [
        ...plan.writes.map((trial) => writeCheck(batch, stand, trial)),
        ...plan.reads.flatMap((trial) => readChecks(batch, seat, trial)),
        ...plan.gaps
          .filter(({ listener = seat.listener }) => listener === seat.listener)
          .map((gap) => gapCheck(seat, gap)),
      ];
    }),
    ...batch.wills.map(willCheck),
  ];
}

function letIn({ seat }: Stand): Check {
  return made({ subject: "Log-in", name: NAMES.letIn, ...whose(seat) }, () => void seat.client);
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

function writeCheck(batch: Batch, stand: Stand, trial: WriteTrial): Check {
  const { seat } = stand;
  if (isReal(trial.topic)) return heldCheck(stand, trial);
  return made(placeOf(seat, "write", trial), () => {
    seat.client;
    const exchange = batch.exchangeOf(seat.topic(trial.topic), "self", trial.partner, seat);
    if (trial.allowed) exchange.demandTaken("live");
    else demandRefused(exchange.topic, exchange.code("live"));
    demandHeard(exchange, "live", trial.allowed);
  });
}

function heldCheck({ seat, held }: Stand, trial: WriteTrial): Check {
  const place = placeOf(seat, "real", trial);
  return made(place, () => {
    seat.client;
    if (held instanceof Unproved) throw held;
    const code = held.get(trial.topic);
    if (code === undefined) return NOT_HELD;
    if (!trial.allowed) return demandRefused(trial.topic, code);
    demand(code < 0x80, `a publish to ${trial.topic} to be taken`, `PUBREC ${codeName(5, code)}`);
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

function readChecks(batch: Batch, seat: Seat, trial: ReadTrial): Check[] {
  const { source } = trial;
  if (source === "real clients" || source === "broker") return [passiveCheck(seat, trial)];
  const exchange = () => batch.exchangeOf(seat.topic(trial.topic), source, "self", seat);
  return [
    made(placeOf(seat, "read", trial), () => demandServed(exchange(), seat, "live", trial.allowed)),
    made(placeOf(seat, "retained", trial), () => demandServed(exchange(), seat, "retained", trial.allowed)),
    made(placeOf(seat, "shared", trial), () =>
      canBeShared(trial.topic)
        ? demandServed(exchange(), seat, "live", trial.allowed, "shared")
        : NEVER_SHARED,
    ),
  ];
}

/** The message was sent, and this reader's subscription was there, so that silence says something. */
function demandServed(
  exchange: Exchange,
  seat: Seat,
  saying: Saying,
  allowed: boolean,
  by: "plain" | "shared" = "plain",
): undefined {
  seat.client;
  exchange.demandTaken("retained");
  exchange.demandTaken("live");
  const { topic, from } = exchange;
  const subscribed = exchange.code("live") !== NO_SUBSCRIBERS;
  demand(subscribed, `a subscriber of ${exchange.topic}`, codeName(5, NO_SUBSCRIBERS));
  demandComing(topic, allowed, seat.heard({ topic, from, saying, by }));
}

/** What the broker always has comes or does not; what real clients say is proof only when there is something. */
function passiveCheck(seat: Seat, trial: ReadTrial): Check {
  const topic = seat.topic(trial.topic);
  return made(placeOf(seat, trial.source === "broker" ? "retained" : "read", trial), () => {
    const heard = seat.heardAnything(topic);
    if (!heard && trial.source === "real clients") return NOTHING_SAID;
    demandComing(topic, trial.allowed, heard);
  });
}

function willCheck({ trial, seat, to, fault }: Will): Check {
  return made(placeOf(seat, "will", trial), () => {
    if (fault !== undefined) throw fault;
    const topic = seat.topic(trial.topic);
    demandComing(topic, trial.allowed, to.heard({ topic, from: seat, saying: "will" }));
  });
}

function demandHeard(exchange: Exchange, saying: Saying, allowed: boolean): void {
  const { to, topic, from } = exchange;
  if (to !== undefined) demandComing(topic, allowed, to.heard({ topic, from, saying }));
}

function demandComing(topic: string, expected: boolean, heard: boolean): undefined {
  const message = `a message on ${topic}`;
  demand(heard === expected, expected ? message : `no message on ${topic}`, heard ? message : "none");
}

function gapCheck(seat: Seat, { of, allowed, rule, reason }: Gap): Check {
  return { ...placeOf(seat, of, { allowed, rule }), outcome: "not applicable", milliseconds: 0, reason };
}

type Kind = "write" | "real" | "read" | "retained" | "shared" | "will";

function placeOf(seat: Seat, kind: Kind, { allowed, rule }: { allowed: boolean; rule: string }): Place {
  return { subject: "Policy", name: NAMES[kind][`${allowed}`], ...whose(seat), rule };
}

function whose({ user, listener }: Seat): { user: string; listener: ListenerName } {
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
