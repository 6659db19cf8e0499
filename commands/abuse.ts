import { stdout } from "node:process";
import { type Abuse, floods, isWithstood, runAbuse } from "../drill/abuse/abuse.ts";
import { keepCase } from "../drill/abuse/failing-case.ts";
import { renderAbuse } from "../drill/abuse/report.ts";
import { TrialBroker, type TrialBrokerOptions } from "../drill/abuse/trial-broker.ts";
import { imageVariable } from "../infra/image.ts";
import { DEFAULT_STACK } from "../infra/mend.ts";
import { mayColour } from "../toolchain/colour.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { buildBrokerImage } from "../toolchain/images/broker-image.ts";
import { createProgress, type Progress } from "../toolchain/progress.ts";
import { UserError } from "../toolchain/user-error.ts";
import { imagesNeeded } from "./images.ts";

export interface AbuseCommandOptions {
  /** Whether anything may be installed, downloaded or built. */
  readonly install: boolean;
  /** Prints what was seen as one JSON document. */
  readonly json: boolean;
  readonly seed: number;
  /** Malformed inputs. */
  readonly inputs: number;
  /** Floods whose name has this text in it are enough. */
  readonly only: string;
  /** Another image than the stack's. */
  readonly image?: string;
  /** Whether the broker is built with a sanitizer. */
  readonly sanitizer: boolean;
}

/** Abuses a throwaway broker and prints what it withstood; exits with 1 when it did not. */
export async function abuse(options: AbuseCommandOptions): Promise<number> {
  const progress = createProgress();
  const broker = await progress.step("a throwaway broker", async () =>
    TrialBroker.start(await brokerOptions(options, progress)),
  );
  const shown = await run(broker, options, progress);
  for (const found of shown.failures) progress.say(`kept as drill/abuse/cases/${await keepCase(found)}`);
  const text = options.json
    ? JSON.stringify(shown, undefined, 2)
    : renderAbuse(shown, { colour: mayColour(stdout) });
  stdout.write(`${text}\n`);
  return isWithstood(shown) ? 0 : 1;
}

/** An interrupt ends the abuse before its next phase, and the broker is removed all the same. */
async function run(
  broker: TrialBroker,
  { seed, inputs, only }: AbuseCommandOptions,
  progress: Progress,
): Promise<Abuse> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new UserError("the abuse was interrupted"));
  process.on("SIGINT", interrupt);
  try {
    const step = progress.step.bind(progress);
    return await runAbuse(broker, {
      seed,
      inputs,
      floods: floods.filter(({ name }) => name.includes(only)),
      step,
      signal: interruption.signal,
    });
  } catch (error) {
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    await progress.step("removing the broker", () => broker.remove());
    process.off("SIGINT", interrupt);
  }
}

async function brokerOptions(
  { install, image, sanitizer }: AbuseCommandOptions,
  progress: Progress,
): Promise<TrialBrokerOptions> {
  const engine = await prepareDockerEngine({ install, progress });
  if (sanitizer) {
    if (!install)
      throw new UserError("--sanitizer builds an image, and --no-install forbids it: leave one out");
    const build = (note: (text: string) => void) => buildBrokerImage({ sanitizer: true }, note);
    return { image: image ?? (await progress.step("building with a sanitizer", build)), ...SANITIZED };
  }
  if (image !== undefined) return { image };
  const images = await imagesNeeded(DEFAULT_STACK)({ install, engine, progress });
  return { image: images[imageVariable] ?? "" };
}

/** A sanitizer takes two to three times the memory. What AddressSanitizer finds ends the broker, UBSan just tells. */
const SANITIZED = Object.freeze({
  memoryMegabytes: 2_048,
  environment: Object.freeze({
    ASAN_OPTIONS: "abort_on_error=1:detect_leaks=0:allocator_may_return_null=1",
    UBSAN_OPTIONS: "print_stacktrace=1",
  }),
});
