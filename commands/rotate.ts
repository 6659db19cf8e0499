import { stdout } from "node:process";
import { runCommand } from "../infra/mend.ts";
import { seedNumbers } from "../infra/password-seed.ts";
import type { Settings } from "../infra/settings-schema.ts";
import type { Stack } from "../toolchain/stack.ts";
import type { Update } from "../toolchain/state-files.ts";
import { UserError } from "../toolchain/user-error.ts";
import { beginAuthority, brought, finishAuthority, rotateServer } from "./certificate-rotation.ts";
import { renewCertificates, revokeCertificates } from "./client-certificates.ts";
import { readOutputs } from "./smoke.ts";
import { StackConfig } from "./stack-config.ts";
import { retireAccounts, rotatePasswords } from "./user-rotation.ts";
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
  all: "all: every password, and the server's certificate where the stack issues it",
  back: "back: the previous revision's files, until the next update",
});

/** What is done for users that are named. */
const NAMED: ReadonlySet<string> = new Set(["users", "retire", "client-certificate", "revoke"]);

/**
 * Changes the stack's config and runs the update.
 *
 * Nothing is changed if the command or the update is refused. An update that fails on its way leaves the config as it was
 * changed, so that the next `up` goes on from wherever this one came to.
 */
export async function rotate(
  what: string,
  names: readonly string[],
  options: RotateOptions,
): Promise<number> {
  const config = await StackConfig.read(options.stack);
  // What can be refused by the config alone is refused before anything is installed.
  const change = planChange(config, what, [...new Set(names)], options);
  const workplace = await prepareWorkplace(options);
  const { stack } = workplace;
  if (((await stack.resources()) ?? 0) === 0) {
    throw new UserError(
      `stack ${stack.name} is not up, so there is nothing to rotate; bring it up with: ${runCommand(stack.name, "up")}`,
    );
  }
  await mendStack(workplace);
  const done = await change(stack);
  const before = await stack.lastUpdate();
  await config.write();
  const { exitCode } = await stack.run(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  stdout.write(`${exitCode === 0 ? done : await giveUp(config, stack, before)}\n`);
  return exitCode;
}

/**
 * Puts the config back where the update changed nothing, and says what is left to do; what cannot be told, as of an
 * update that was killed, has changed something.
 */
export async function giveUp(
  config: Pick<StackConfig, "restore">,
  stack: Pick<Stack, "name" | "lastUpdate">,
  before: Update | undefined,
): Promise<string> {
  const last = await stack.lastUpdate().catch(() => undefined);
  const unchanged = last !== undefined && last.began !== before?.began && last.changes === 0;
  const file = `Pulumi.${stack.name}.yaml`;
  if (unchanged && (await config.restore())) {
    return `Nothing has rotated, and ${file} is as before; mend what is said above, then rotate again.`;
  }
  return (
    `The update failed on its way, and ${file} keeps what it was to do. To rotate again would be a further rotation; ` +
    `mend what is said above, then: ${runCommand(stack.name, "up")}`
  );
}

/** Changes the config in memory once the stack is known, and says what will have been done. */
export type Change = (stack: Pick<Stack, "name" | "export" | "outputs">) => Promise<string>;

/**
 * Plans what a command line asks for.
 *
 * @throws UserError for all that can be refused without the stack
 */
export function planChange(
  config: Pick<StackConfig, "settings" | "set" | "remove" | "has">,
  what: string,
  names: readonly string[],
  { finish, stack }: Pick<RotateOptions, "finish" | "stack">,
): Change {
  const settings = config.settings();
  refuseMisfits(what, names, finish, stack);
  const done =
    (sentence: string): Change =>
    async () =>
      sentence;
  const passwords = async (users: readonly string[], state: Pick<Stack, "export">) =>
    rotatePasswords(config, settings, users, seedNumbers(await state.export()), stack);
  switch (what) {
    case "users":
      demandUsers(settings, names, rotateCommand(stack, what));
      return (state) => passwords(names, state);
    case "retire":
      demandUsers(settings, names, rotateCommand(stack, what));
      return done(retireAccounts(config, settings, names, stack));
    case "client-certificate":
      demandUsers(settings, names, rotateCommand(stack, what));
      return done(renewCertificates(config, settings, names, stack));
    case "revoke":
      demandNames(settings, names, rotateCommand(stack, what));
      return async (state) => {
        // Serial numbers are in the outputs, also of users that the config has lost.
        return revokeCertificates(config, settings, names, await readOutputs(state), stack);
      };
    case "server-certificate":
      return done(rotateServer(config, settings, stack));
    case "ca":
      return done((finish ? finishAuthority : beginAuthority)(config, settings, stack));
    case "all": {
      const server =
        settings.certificates.own === undefined
          ? rotateServer(config, settings, stack)
          : `Passwords only are rotated: ${brought(stack)}`;
      return async (state) => `${await passwords(Object.keys(settings.users), state)}\n${server}`;
    }
    default:
      throw new UserError(`${what} cannot be rotated; allowed is:\n  ${list()}`);
  }
}

/** Refuses a flag or names that do not go with what is to be rotated. */
function refuseMisfits(what: string, names: readonly string[], finish: boolean, stack: string): void {
  if (finish && what !== "ca")
    throw new UserError(
      `--finish goes with ca, and ${what} was given: ${rotateCommand(stack, "ca", "--finish")}`,
    );
  if (names.length > 0 && !NAMED.has(what)) {
    throw new UserError(
      `${what} takes no names, and ${names.join(", ")} was given; allowed is: ${rotations[what as "ca"] ?? list()}`,
    );
  }
}

function list(): string {
  return Object.values(rotations).join("\n  ");
}

function rotateCommand(stack: string, ...args: readonly string[]): string {
  return runCommand(stack, "rotate", ...args);
}

/** Demands one name at least, without proposing one: what is pasted would happen to that user. */
function demandNames(settings: Settings, names: readonly string[], command: string): void {
  if (names.length > 0) return;
  const known = Object.keys(settings.users).join(", ");
  throw new UserError(`no user was named; there are ${known}: ${command} NAME`);
}

function demandUsers(settings: Settings, names: readonly string[], command: string): void {
  demandNames(settings, names, command);
  const known = Object.keys(settings.users);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new UserError(
    `there is no user ${unknown.join(", ")}; there are ${known.join(", ")}: ${command} NAME`,
  );
}
