import type { FailingCase } from "./failing-case.ts";
import { inputOf } from "./fuzz.ts";
import type { MalformedInput } from "./malformed/input.ts";
import { sendInput } from "./send-input.ts";
import type { TrialBroker } from "./trial-broker.ts";

/** The inputs among which the one is that has ended a broker. */
export interface Suspects {
  readonly seed: number;
  readonly from: number;
  /** The number behind the last. */
  readonly until: number;
  readonly atATime: number;
}

/** Inputs that are tried again at most; a damaged heap may show late, and seldom much later. */
const WINDOW = 256;

/** Finds the fewest of the last inputs that end the broker again, by halves, and leaves it running. */
export async function narrowDown(broker: TrialBroker, suspects: Suspects): Promise<FailingCase> {
  const how = await broker.end();
  await broker.restart();
  const first = Math.max(suspects.from, suspects.until - WINDOW);
  const numbers = Array.from({ length: suspects.until - first }, (_, index) => first + index);
  let inputs = numbers.map((number) => inputOf(suspects.seed, number));
  const reproduced = await endsAnew(broker, inputs, suspects.atATime);
  if (reproduced) inputs = await halve(broker, inputs, suspects.atATime);
  return { found: `seed ${suspects.seed}, ${how}`, reproduced, inputs };
}

async function halve(
  broker: TrialBroker,
  inputs: readonly MalformedInput[],
  atATime: number,
): Promise<MalformedInput[]> {
  let left = [...inputs];
  for (let size = Math.ceil(left.length / 2); left.length > 1; size = Math.ceil(size / 2)) {
    for (let start = 0; start < left.length && left.length > 1; ) {
      const without = [...left.slice(0, start), ...left.slice(start + size)];
      if (without.length > 0 && (await endsAnew(broker, without, atATime))) left = without;
      else start += size;
    }
    if (size === 1) break;
  }
  return left;
}

/** A heap that other inputs have damaged would speak against these. */
async function endsAnew(
  broker: TrialBroker,
  inputs: readonly MalformedInput[],
  atATime: number,
): Promise<boolean> {
  await broker.kill();
  await broker.restart();
  return await ends(broker, inputs, atATime);
}

/** Whether these inputs end the broker, which is running again afterwards. */
export async function ends(
  broker: TrialBroker,
  inputs: readonly MalformedInput[],
  atATime: number,
): Promise<boolean> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let input = inputs[next++]; input !== undefined; input = inputs[next++]) {
      await sendInput(broker, input, `again-${next}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  if (await broker.isRunning()) return false;
  await broker.restart();
  return true;
}
