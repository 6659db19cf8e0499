import * as pulumi from "@pulumi/pulumi";
import { packFiles } from "../mosquitto/archive.ts";
import { publishMount, readProofScript } from "../mosquitto/delivery.ts";
import { listenersIn } from "../mosquitto/listener.ts";
import {
  describeProof,
  isSameGround,
  type Proved,
  proofId,
  readProofRecord,
  unproved,
  writeProofRecord,
} from "../mosquitto/proof-record.ts";
import type { Revision } from "../mosquitto/revision.ts";
import type { StackOutputs } from "./contract.ts";
import { type EngineContainer, lookInto } from "./engine.ts";
import { runCommand } from "./mend.ts";
import { isProvedBy, labelOfProof, PROOF } from "./proof-label.ts";
import type { TwinOptions } from "./twin.ts";

/** What is to be proved of files, and on what. */
export interface ProofRequest {
  /** What the stack says of its broker, as it is to be. */
  readonly outputs: StackOutputs;
  readonly twin: TwinOptions;
  /** The users whose rights are to be proved; the others only take part. */
  readonly users: readonly string[];
  /** Hears how far it is, from 0 to 1. */
  readonly onProgress: (done: number) => void;
}

/** How many checks held; whatever failed was thrown. */
export interface ProofResult {
  readonly passed: number;
  readonly notApplicable: number;
  readonly seconds: number;
}

/** Proves files on a twin of the broker. @throws Refusal with each rule that failed */
export type Prove = (request: ProofRequest) => Promise<ProofResult>;

export interface GateArgs {
  readonly stack: string;
  /** The name of the volume of revisions, and whether there has ever been a revision in it. */
  readonly revisions: string;
  readonly delivered: boolean;
  readonly imageId: pulumi.Input<string>;
  readonly network: pulumi.Input<string>;
  readonly revision: pulumi.Output<Revision>;
  /** What the stack says of its broker, but for its revision. */
  readonly outputs: pulumi.Output<StackOutputs>;
  /** The secret that records of proofs are signed with. */
  readonly key: pulumi.Output<string>;
  /** The publish container as the engine has it now, if there is one. */
  readonly previous: EngineContainer | undefined;
  /** What a preview says of the proof that an update will run. */
  readonly announcement: string;
  /** What has to be done before. */
  readonly after: pulumi.Input<unknown>;
  readonly prove: Prove;
  /** The id of the image that a reference stands for on the engine now; undefined where there is none. */
  readonly imageNow: (reference: string) => Promise<string | undefined>;
}

/** What lets a revision pass: the label and the record of its proof, which hold no secret. */
export interface Passage {
  readonly label: pulumi.Output<string>;
  readonly record: pulumi.Output<string>;
}

/**
 * Lets a revision pass once it is proved on a twin of the broker, so that one with a failing rule never goes into force.
 *
 * What was proved is not proved again: a label of the publish container says that its revision was, on its image, and the
 * record beside the revisions tells which users' rights and passwords are as they were. Both are signed with a secret of
 * the stack; one that does not fit counts for nothing.
 */
export function proveBeforeForce(args: GateArgs): Passage {
  const { revision, imageId, network, outputs, key, after } = args;
  const ground = pulumi.all([revision, imageId, network, outputs, key, after]);
  // What is not known before the update is another revision than the last.
  if (pulumi.runtime.isDryRun()) {
    const { isKnown } = ground as unknown as { readonly isKnown: Promise<boolean> };
    void isKnown.then((known) => (known ? undefined : pulumi.log.info(args.announcement)));
  }
  const passage = ground.apply(async ([files, known, place, described, secret]) => {
    // Containers are made of what the reference stands for then, which Pulumi's state need not have heard of.
    const image = (await args.imageNow(described.broker.image)) ?? known;
    const proved = describeProof(files, image);
    const record = writeProofRecord(proved, secret);
    const id = proofId(proved, secret);
    const last = lastLabel(args.previous);
    if (last !== undefined && isProvedBy(last, id)) return { label: last, record };
    if (pulumi.runtime.isDryRun()) {
      await pulumi.log.info(args.announcement);
      return { label: id, record };
    }
    const before = await readRecord(args, image, secret);
    if (before?.revision === files.id && isSameGround(proved, before)) {
      return { label: labelOfProof(id), record };
    }
    const result = await args.prove({
      outputs: described,
      users: usersOf(described, unproved(proved, before)),
      twin: await twinOf(args, { files, image, network: place, outputs: described }),
      onProgress: reporter(),
    });
    await pulumi.log.info(passed(result, proved, before, Object.keys(described.users).length));
    return { label: labelOfProof(id, result), record };
  });
  return { label: pulumi.unsecret(passage.label), record: pulumi.unsecret(passage.record) };
}

/** The last proof counts only if what came after it went well too. */
function lastLabel(previous: EngineContainer | undefined): string | undefined {
  return previous?.ended === true && previous.exitCode === 0 ? previous.labels[PROOF] : undefined;
}

async function readRecord(args: GateArgs, image: string, key: string): Promise<Proved | undefined> {
  if (!args.delivered) return undefined;
  const { stack, revisions: volume } = args;
  const { exitCode, stdout } = await lookInto({
    ...{ stack, image, volume, mount: publishMount },
    script: readProofScript,
  });
  if (exitCode !== 0 || stdout === "") return undefined;
  const record = readProofRecord(stdout, key);
  if (record === undefined) await pulumi.log.warn(ALTERED);
  return record;
}

const ALTERED =
  "the record of what was proved is not one that this stack has written, so that everything is proved again";

/** Whose the names are; what a name has behind a `~` says which of its user's it is. */
function usersOf(outputs: StackOutputs, names: readonly string[]): readonly string[] {
  const entries = Object.entries(outputs.users);
  const owners = new Map(
    entries.flatMap(([user, { accounts }]) => [user, ...accounts].map((name) => [name, user])),
  );
  const found = new Set(names.map((name) => owners.get(name.replace(/~.*$/s, ""))));
  return Object.keys(outputs.users).filter((user) => found.has(user));
}

async function twinOf({ stack }: GateArgs, { files, image, network, outputs }: Ground): Promise<TwinOptions> {
  const archive = Buffer.from(await packFiles(files.files), "base64");
  const consequence =
    "the new files were refused, as the twin of the broker that they are proved on did not stand; nothing was put in " +
    `force, and the running broker is as it was; to try again: ${runCommand(stack, "up")}`;
  return {
    stack,
    consequence,
    image,
    network,
    listeners: listenersIn(outputs.listeners),
    files: { archive },
  };
}

interface Ground {
  readonly files: Revision;
  readonly image: string;
  readonly network: string;
  readonly outputs: StackOutputs;
}

/** Milliseconds between two words on how far a proof is. */
const PAUSE = 500;

/** Says how far a proof is: on a terminal beside the stack's name, in a pipe in a line now and then. */
function reporter(): (done: number) => void {
  let last = 0;
  return (done) => {
    const now = Date.now();
    if (now - last < PAUSE) return;
    last = now;
    void pulumi.log.info(
      `proving the new files on a twin of the broker: ${Math.floor(done * 100)}%`,
      undefined,
      undefined,
      true,
    );
  };
}

function passed(
  { passed: count, notApplicable, seconds }: ProofResult,
  now: Proved,
  before: Proved | undefined,
  users: number,
): string {
  const whole = before === undefined || !isSameGround(now, before);
  const what = whole ? `the rights of all ${users} users` : "what changed";
  return (
    `proved on a twin of the broker before it goes into force: ${count.toLocaleString("en")} checks of ${what}, ` +
    `${notApplicable.toLocaleString("en")} not applicable, in ${seconds.toFixed(1)} s`
  );
}
