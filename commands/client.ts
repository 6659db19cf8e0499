import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join, relative, resolve } from "node:path";
import { cwd, env, stdout } from "node:process";
import { type Connection, clientIdsOf, describeConnection } from "../clients/connection.ts";
import { environmentPathFault } from "../clients/environment.ts";
import { type Kit, renderKit } from "../clients/kit.ts";
import { chooseListener, type KitKind, kitKinds, listenersOfKind } from "../clients/kit-kind.ts";
import type { StackOutputs } from "../infra/contract.ts";
import { runCommand } from "../infra/mend.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { paintAnswer } from "../toolchain/colour.ts";
import { projectFolder } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";
import { requireRoom, writeKit } from "./kit-folder.ts";
import { tryLogIn } from "./log-in.ts";
import { shellWord } from "./shell-word.ts";
import { readRunningOutputs } from "./smoke.ts";
import { prepareWorkplace } from "./workplace.ts";

export interface ClientOptions {
  readonly stack: string;
  readonly install: boolean;
  readonly for: KitKind;
  /** The kit's folder. @default kits/STACK/USER-KIND in the project */
  readonly out?: string;
  /** Whether the files of an earlier kit are replaced. */
  readonly force: boolean;
  /** @default one of the folder's own */
  readonly clientId?: string;
}

/**
 * Writes all that a client of a user's needs, once a log-in with it has been seen to work.
 *
 * A kit is a folder, also by default, and nothing secret is ever printed: what a terminal shows stays in its
 * scrollback and in the logs of CI. The default one is inside the project, where it is found again, and where neither
 * this project's nor any other repository takes it in: the kit brings a .gitignore of its own.
 */
export async function client(user: string, options: ClientOptions): Promise<number> {
  const { stack, force } = options;
  const kind = options.for;
  const folder = kitFolder(user, options);
  requirePath(kind, folder);
  const workplace = await prepareWorkplace(options);
  const outputs = await readRunningOutputs(workplace.stack);
  const listener = requireListener(outputs, user, kind, stack);
  const clientId = requireClientId(outputs, user, options.clientId) ?? ownClientId(user, folder);
  const connection = describeConnection(outputs, { user, listener, clientId });
  requireUse(kind, connection, stack);
  const kit = renderKit(kind, connection, folder);
  await requireRoom(folder, kit.files, force);
  await workplace.progress.step(`logging in on ${connection.url}`, () =>
    tryLogIn(outputs, connection, stack),
  );
  await writeKit(folder, kit.files, force);
  stdout.write(report(kit, connection, folder));
  return 0;
}

/** A relative folder is meant from where the user called npm, which runs its scripts in the project. */
function kitFolder(user: string, { stack, out, for: kind }: ClientOptions): string {
  if (out?.trim() === "") {
    throw new UserError(
      "--out is empty; give the kit's folder, or leave --out away for kits/STACK/USER-KIND",
    );
  }
  if (out !== undefined) return resolve(env.INIT_CWD || cwd(), out);
  // What is no name would lead out of the folder; that there is no such user is said later.
  return join(projectFolder, "kits", stack, `${user.replace(/[^\p{L}\p{N}._@-]/gu, "_")}-${kind}`);
}

function requirePath(kind: KitKind, folder: string): void {
  const fault = kind === "env" ? environmentPathFault(folder) : undefined;
  if (fault === undefined) return;
  throw new UserError(`the folder is ${JSON.stringify(folder)}; ${fault}: choose another with --out`);
}

function requireListener(outputs: StackOutputs, user: string, kind: KitKind, stack: string): ListenerName {
  const found = Object.hasOwn(outputs.users, user) ? outputs.users[user] : undefined;
  if (found === undefined) {
    const users = Object.keys(outputs.users).join(", ");
    throw new UserError(
      `stack ${stack} has no user ${JSON.stringify(user)}; there is ${users}: add one to Pulumi.${stack}.yaml, and deliver it with ${runCommand(stack, "up")}`,
    );
  }
  const listener = chooseListener(kind, found.listeners);
  if (listener === undefined) throw noListener(user, kind, stack, found.listeners);
  return listener;
}

function noListener(user: string, kind: KitKind, stack: string, allowed: readonly ListenerName[]): UserError {
  const wanted = listenersOfKind[kind];
  const possible = kitKinds.filter((each) => chooseListener(each, allowed) !== undefined);
  return new UserError(
    `user ${user} may log in on ${allowed.join(", ")} alone, and a client for ${kind} needs ${wanted.join(" or ")}; ` +
      `this user's client can be for ${possible.join(", ")}: ${runCommand(stack, "client", user, "--for", possible[0] ?? "json")}`,
  );
}

function requireClientId(
  outputs: StackOutputs,
  user: string,
  wanted: string | undefined,
): string | undefined {
  const given = clientIdsOf(outputs, user);
  if (given === undefined) return wanted;
  if (wanted === undefined || given.includes(wanted)) return wanted ?? given[0];
  throw new UserError(
    `--client-id is ${JSON.stringify(wanted)}; in this stack a client's id is its account's name, and user ${user} has ${given.join(", ")}`,
  );
}

/** Each of Mosquitto's clients does one thing alone: without a right, neither has any. */
function requireUse(kind: KitKind, { user, subscribe, publish }: Connection, stack: string): void {
  if (kind !== "mosquitto" || subscribe !== undefined || publish !== undefined) return;
  throw new UserError(
    `user ${user} has no right to read or to write any topic, so mosquitto_sub and mosquitto_pub would have nothing to do; give it one in Pulumi.${stack}.yaml, and deliver it with ${runCommand(stack, "up")}`,
  );
}

/**
 * An id that no other kit has, since two clients with one id throw each other out.
 *
 * It is the same whenever the same folder is written, so that the client finds its session again.
 */
function ownClientId(user: string, folder: string): string {
  const place = createHash("sha256").update(`${hostname()}\0${folder}`).digest("hex").slice(0, 8);
  return `${user}-${place}`;
}

function report(kit: Kit, { user, url, clientId, tls }: Connection, folder: string): string {
  const { files, steps, stepsFolder = folder } = kit;
  const lines = [
    `${paintAnswer.bold(shownPath(folder))}: user ${user} on ${url}, client id ${clientId}; a log-in with it worked.`,
    ...(tls
      ? []
      : [paintAnswer.yellow("This listener is not encrypted: whoever sees the network sees the password.")]),
    "",
    ...rows(files.map(({ name, purpose }) => [name, purpose])),
    ...(steps.length === 0
      ? []
      : ["", paintAnswer.bold("Next"), `  cd ${shellWord(shownPath(stepsFolder))}`]),
    // As comments, so that the lines can be copied into a shell as they are.
    ...rows(steps.map(([command, purpose]) => [command, `# ${purpose}`])),
    "",
  ];
  return lines.join("\n");
}

function rows(cells: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...cells.map(([left]) => left.length));
  return cells.map(([left, right]) => `  ${left.padEnd(width)}   ${paintAnswer.dim(right)}`);
}

/** A path from where the user called npm, or an absolute one where that would lead upwards. */
function shownPath(folder: string): string {
  const place = relative(env.INIT_CWD || cwd(), folder) || ".";
  return place.startsWith("..") ? folder : place;
}
