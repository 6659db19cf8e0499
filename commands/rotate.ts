import { stdout } from "node:process";
import { stackOutputs } from "../infra/contract.ts";
import { runCommand } from "../infra/mend.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { accesses } from "../mosquitto/acl.ts";
import type { Stack } from "../toolchain/stack.ts";
import { UserError } from "../toolchain/user-error.ts";
import { renewCertificates, revokeCertificates } from "./client-certificates.ts";
import { StackConfig } from "./stack-config.ts";
import { mendStack, prepareWorkplace } from "./workplace.ts";

export interface RotateOptions {
  readonly stack: string;
  readonly install: boolean;
  /** The second step of a CA's rotation. */
  readonly finish: boolean;
}

/** What can be rotated, as the command line names it. */
export const rotations = Object.freeze({
  users: "users NAME…: new passwords",
  retire: "retire NAME…: takes the older account of an overlapping rotation away",
  "server-certificate": "server-certificate: a new certificate and key",
  "client-certificate": "client-certificate NAME…: new client certificates beside the ones before",
  revoke: "revoke NAME…: takes older client certificates back, or the only one",
  ca: "ca, then ca --finish: a new CA in two steps",
  all: "all: every password and the server's certificate",
  back: "back: the previous revision's files, until the next update",
});

/** What is done for users that are named. */
const NAMED: ReadonlySet<string> = new Set(["users", "retire", "client-certificate", "revoke"]);

/** Changes the stack's config and runs the update; nothing is changed if either cannot be. */
export async function rotate(
  what: string,
  names: readonly string[],
  options: RotateOptions,
): Promise<number> {
  const config = await StackConfig.read(options.stack);
  const settings = config.settings();
  // What can be refused by the config alone is refused before anything is installed.
  const planned = what === "revoke" ? undefined : change(config, settings, what, names, options);
  const workplace = await prepareWorkplace(options);
  const { stack } = workplace;
  if (((await stack.resources()) ?? 0) === 0) {
    throw new UserError(
      `stack ${stack.name} is not up, so there is nothing to rotate; bring it up with: ${runCommand(stack.name, "up")}`,
    );
  }
  await mendStack(workplace);
  const done = planned ?? (await revoke(config, settings, names, stack));
  await config.write();
  const { exitCode } = await stack.run(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  stdout.write(
    exitCode === 0
      ? `${done}\n`
      : `Pulumi.${stack.name}.yaml asks for it, and the update failed; to try again: ${runCommand(stack.name, "up")}\n`,
  );
  return exitCode;
}

/** Serial numbers are in the outputs, also of users that the config has lost. */
async function revoke(
  config: StackConfig,
  settings: Settings,
  names: readonly string[],
  stack: Stack,
): Promise<string> {
  const outputs = stackOutputs.parse(await stack.outputs());
  const [first] = Object.keys(outputs.users);
  if (names.length === 0) {
    throw new UserError(`no user was named: ${rotateCommand(stack.name, "revoke", first ?? "NAME")}`);
  }
  return revokeCertificates(config, settings, names, outputs, stack.name);
}

/** Changes the config in memory, and says what will have been done. */
function change(
  config: StackConfig,
  settings: Settings,
  what: string,
  names: readonly string[],
  { finish, stack }: RotateOptions,
): string {
  if (finish && what !== "ca")
    throw new UserError(
      `--finish goes with ca, and ${what} was given: ${rotateCommand(stack, "ca", "--finish")}`,
    );
  if (names.length > 0 && !NAMED.has(what)) {
    throw new UserError(
      `${what} takes no names, and ${names.join(", ")} was given; allowed is: ${rotations[what as "ca"] ?? list()}`,
    );
  }
  switch (what) {
    case "users":
      return rotateUsers(config, settings, named(settings, names, rotateCommand(stack, "users")), stack);
    case "retire":
      return retire(config, settings, named(settings, names, rotateCommand(stack, "retire")), stack);
    case "client-certificate":
      return renewCertificates(config, settings, named(settings, names, rotateCommand(stack, what)), stack);
    case "server-certificate":
      return rotateServer(config, settings);
    case "ca":
      return finish ? finishAuthority(config, settings, stack) : beginAuthority(config, settings, stack);
    case "all":
      return `${rotateServer(config, settings)} ${rotateUsers(config, settings, Object.keys(settings.users), stack)}`;
    default:
      throw new UserError(`${what} cannot be rotated; allowed is:\n  ${list()}`);
  }
}

function list(): string {
  return Object.values(rotations).join("\n  ");
}

function rotateCommand(stack: string, ...args: readonly string[]): string {
  return runCommand(stack, "rotate", ...args);
}

/** The names, all of which are users'; the command is what a user would have to be named to. */
function named(settings: Settings, names: readonly string[], command: string): readonly string[] {
  const known = Object.keys(settings.users);
  if (names.length === 0)
    throw new UserError(`no user was named; there are ${known.join(", ")}: ${command} ${known[0]}`);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  throw new UserError(
    `there is no user ${unknown.join(", ")}; there are ${known.join(", ")}: ${command} ${known[0]}`,
  );
}

/** A generation that no user has had yet has randomness that nobody has seen yet. */
function rotateUsers(
  config: StackConfig,
  settings: Settings,
  names: readonly string[],
  stack: string,
): string {
  const generation = Math.max(...Object.values(settings.users).map((user) => user.generation)) + 1;
  for (const name of names) {
    const user = settings.users[name];
    if (user === undefined) continue;
    writeDefaultUser(config, name, user);
    // Two accounts take turns by one step at a time.
    config.set(["users", name, "generation"], user.rotation === "overlap" ? user.generation + 1 : generation);
  }
  const shown = runCommand(stack, "-s pulumi", "stack", "output", "--show-secrets", "credentials");
  return `New passwords for ${names.join(", ")}: ${shown}`;
}

function retire(config: StackConfig, settings: Settings, names: readonly string[], stack: string): string {
  for (const name of names) {
    const user = settings.users[name];
    const previous = (user?.generation ?? 0) - 1;
    if (
      user === undefined ||
      user.rotation !== "overlap" ||
      previous < user.overlapSince ||
      previous <= user.retired
    ) {
      throw new UserError(
        `user ${name} has one account only, and it stays; a second one comes with: ${rotateCommand(stack, "users", name)}, where its rotation is overlap`,
      );
    }
    config.set(["users", name, "retired"], previous);
  }
  return `The older accounts of ${names.join(", ")} are gone.`;
}

function rotateServer(config: StackConfig, { certificates }: Settings): string {
  config.set(["certificates", "serverGeneration"], certificates.serverGeneration + 1);
  return "The server has a new certificate and key.";
}

function beginAuthority(config: StackConfig, { certificates }: Settings, stack: string): string {
  const { authorityGeneration, authorityInForce } = certificates;
  if (authorityInForce !== authorityGeneration) {
    throw new UserError(
      `a new CA was issued already, and its rotation waits to be finished: ${rotateCommand(stack, "ca", "--finish")}`,
    );
  }
  config.set(["certificates", "authorityGeneration"], authorityGeneration + 1);
  config.set(["certificates", "authorityInForce"], authorityGeneration);
  return (
    "The old and the new CA are in the output `authority`: give it to every client " +
    `(${runCommand(stack, "-s pulumi", "stack", "output", "authority")}), then: ${rotateCommand(stack, "ca", "--finish")}`
  );
}

function finishAuthority(config: StackConfig, { certificates }: Settings, stack: string): string {
  if (certificates.authorityInForce === certificates.authorityGeneration) {
    throw new UserError(
      `no new CA was issued that could be moved to; the first step is: ${rotateCommand(stack, "ca")}`,
    );
  }
  config.remove(["certificates", "authorityInForce"]);
  return "The server's certificate is from the new CA, and the old one is gone.";
}

/** A user that the config does not name has its rights from the default, and must keep them once it is named. */
function writeDefaultUser(config: StackConfig, name: string, user: Settings["users"][string]): void {
  if (config.has(["users", name])) return;
  for (const access of accesses) {
    const filters = user.rules.filter((rule) => rule.access === access).map(({ filter }) => filter);
    if (filters.length > 0) config.set(["users", name, access], filters);
  }
}
