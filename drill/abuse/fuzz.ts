import { listenerNames } from "../../mosquitto/listener.ts";
import type { FailingCase } from "./failing-case.ts";
import { type MalformedInput, malformedInput } from "./malformed/input.ts";
import { narrowDown } from "./narrow-down.ts";
import { type Outcome, sendInput } from "./send-input.ts";
import type { TrialBroker } from "./trial-broker.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** How many inputs. */
  readonly inputs: number;
  /** The number of the first input. @default 0 */
  readonly from?: number;
  /** Connections at a time. @default 48 */
  readonly atATime?: number;
  /** Told how many have been sent. */
  readonly note?: (text: string) => void;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** What ended the broker, narrowed down. */
  readonly failures: readonly FailingCase[];
}

/** Of 100 inputs so many go to each listener; a TLS handshake costs more than all else of a connection. */
const SHARES = Object.freeze({ mqtt: 35, ws: 35, mqtts: 12, wss: 18 });

/** The listeners of 100 inputs in a row. */
const TURNS = Object.freeze(
  listenerNames
    .flatMap((name) =>
      Array.from({ length: SHARES[name] }, (_, index) => ({ name, place: index / SHARES[name] })),
    )
    .sort((one, other) => one.place - other.place)
    .map(({ name }) => name),
);

/** Failures after which it is enough. */
const MOST_FAILURES = 5;

/** The input with a number among those of a seed. */
export function inputOf(seed: number, index: number): MalformedInput {
  return malformedInput(seed, index, TURNS[index % TURNS.length] ?? "mqtt");
}

/** Sends malformed inputs to all listeners; a broker that ends is started anew, and the cause narrowed down. */
export async function fuzz(broker: TrialBroker, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, inputs, from = 0, atATime = 48, note = () => {} } = options;
  const outcomes = { ended: 0, held: 0, "not reached": 0 };
  const failures: FailingCase[] = [];
  let next = from;
  let lastSent = from;
  const work = async (): Promise<void> => {
    while (next < from + inputs && outcomes["not reached"] === 0) {
      const index = next++;
      const outcome = await sendInput(broker, inputOf(seed, index), `fuzz-${index}`);
      outcomes[outcome] += 1;
      lastSent = Math.max(lastSent, index);
      if (index % 1_000 === 0) note(`${index - from} of ${inputs}`);
    }
  };
  while (next < from + inputs && failures.length < MOST_FAILURES) {
    await Promise.all(Array.from({ length: atATime }, work));
    if (await broker.isRunning()) {
      outcomes["not reached"] = 0;
      continue;
    }
    failures.push(await narrowDown(broker, { seed, from, until: lastSent + 1, atATime }));
    outcomes["not reached"] = 0;
  }
  return { inputs: next - from, outcomes, failures };
}
