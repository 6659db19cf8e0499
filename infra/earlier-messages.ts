import { layout } from "../mosquitto/layout.ts";
import { databaseName } from "../mosquitto/start.ts";
import { type Answer, type EngineContainer, hasVolume, lookInto } from "./engine.ts";
import { removeCommand, runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

/** The label of a broker's container whose messages are in a database; one of an earlier version has none. */
export const STORAGE = "naboom-mqtt.storage";

/** The value of that label. */
export const DATABASE = "sqlite";

export interface EarlierMessages {
  readonly stack: string;
  /** The broker's container as the engine has it now, if there is one. */
  readonly broker: EngineContainer | undefined;
  /** The name of the volume with messages and sessions. */
  readonly data: string;
  /** The image that is to run, which has a shell. */
  readonly image: string;
  /** Whether the config names it. */
  readonly configured: boolean;
}

/** The snapshot that a broker without the persistence plugin writes. */
const SNAPSHOT = "mosquitto.db";

/** Tells what there is of messages, and whether the plugin of the image takes a snapshot over, a word each. */
const script = `cd ${layout.data} || exit 1
if [ -e ${SNAPSHOT} ]; then echo snapshot; fi
if [ -s ${databaseName} ]; then echo database; fi
if grep -q mosquitto_persist_import ${layout.plugins.persistence}; then echo import; fi
`;

/**
 * Makes sure, before anything changes, that no message of an earlier version is lost: of one that kept messages in a
 * snapshot, which the broker takes over into its database when it first starts.
 *
 * Costs nothing where the broker that runs has a database already.
 *
 * @returns a sentence for the user where messages will be taken over
 * @throws Refusal where they could not be
 */
export async function checkEarlierMessages(earlier: EarlierMessages): Promise<string | undefined> {
  const { stack, broker, data, image } = earlier;
  if (broker?.labels[STORAGE] === DATABASE || !(await hasVolume(stack, data))) return undefined;
  const answer = await lookInto({ stack, volume: data, mount: layout.data, image, script });
  return interpretMessages(earlier, answer);
}

/** What the volume's answer means. */
export function interpretMessages(earlier: EarlierMessages, answer: Answer): string | undefined {
  const { stack, broker, data, image, configured } = earlier;
  if (answer.exitCode !== 0) {
    throw new Refusal(
      `what the volume ${data} has of messages cannot be read (${answer.stderr.trim().split("\n").at(-1)}), ` +
        `so nothing was changed; to try again: ${runCommand(stack, "up")}`,
    );
  }
  const found = new Set(answer.stdout.split("\n"));
  // A broker that runs without a database writes its snapshot when it ends, whether there is one yet or not.
  if (!found.has("snapshot") && broker === undefined) return undefined;
  if (found.has("database")) {
    throw new Refusal(
      `the volume ${data} has both a snapshot of an earlier version and a database, and which of them counts is not known, ` +
        `so nothing was changed; rename what does not (${SNAPSHOT}, or ${databaseName} with its -wal and -shm), then ${runCommand(stack, "up")}`,
    );
  }
  if (!found.has("import")) {
    const way = configured
      ? `take the image that this project builds: ${removeCommand(stack, "naboom-mqtt:image")} && ${runCommand(stack, "up")}`
      : `have this project's image built, and do not call pulumi alone: ${runCommand(stack, "up", "--update-image")}`;
    throw new Refusal(
      `the messages and sessions of stack ${stack} are in a snapshot of an earlier version, which the image ${image} ` +
        `cannot take over, so nothing was changed; ${way}`,
    );
  }
  return (
    "the broker's messages and sessions are taken over from the snapshot of an earlier version into a database; " +
    `the snapshot stays beside it as ${SNAPSHOT}.imported`
  );
}
