import { runCommand, setCommand } from "../infra/mend.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { seedNumber } from "../mosquitto/account.ts";
import { accesses } from "../mosquitto/acl.ts";
import { UserError } from "../toolchain/user-error.ts";
import type { StackConfig } from "./stack-config.ts";

type User = Settings["users"][string];

/**
 * Gives users new passwords, from a seed that no user has had: whoever has read the state before knows nothing of it.
 *
 * @param used the numbers of the seeds that the stack's state holds, those of users among them whom the config has lost
 */
export function rotatePasswords(
  config: Pick<StackConfig, "set" | "remove" | "has">,
  settings: Settings,
  names: readonly string[],
  used: readonly number[],
  stack: string,
): string {
  const users = Object.values(settings.users);
  const taken = users.flatMap(({ generation, seeds }) => [generation, ...Object.values(seeds ?? {})]);
  const seed = Math.max(...taken, ...used) + 1;
  for (const name of names) {
    const user = settings.users[name];
    if (user === undefined) continue;
    writeDefaultUser(config, name, user);
    // Two accounts take turns by one generation at a time, so the seed's number cannot be the generation's.
    const generation = user.rotation === "overlap" ? user.generation + 1 : seed;
    config.set(["users", name, "generation"], generation);
    writeSeeds(config, name, user, { generation, seed });
  }
  const shown = runCommand(stack, "-s pulumi", "stack", "output", "--show-secrets", "credentials");
  return `New passwords for ${names.join(", ")}: ${shown}`;
}

/** Writes which seeds the new generation and the one before it have, where the number does not tell. */
function writeSeeds(
  config: Pick<StackConfig, "set" | "remove" | "has">,
  name: string,
  user: User,
  next: { readonly generation: number; readonly seed: number },
): void {
  const kept = user.rotation === "overlap" ? [[user.generation, seedNumber(user, user.generation)]] : [];
  const seeds = [...kept, [next.generation, next.seed]].filter(([generation, seed]) => generation !== seed);
  const path = ["users", name, "seeds"];
  if (seeds.length > 0) config.set(path, Object.fromEntries(seeds));
  else if (config.has(path)) config.remove(path);
}

/** A user that the config does not name has its rights from the default, and must keep them once it is named. */
function writeDefaultUser(config: Pick<StackConfig, "set" | "has">, name: string, user: User): void {
  if (config.has(["users", name])) return;
  for (const access of accesses) {
    const filters = user.rules.filter((rule) => rule.access === access).map(({ filter }) => filter);
    if (filters.length > 0) config.set(["users", name, access], filters);
  }
}

/**
 * Takes the older of each user's two accounts away.
 *
 * @throws UserError where a user has one account only
 */
export function retireAccounts(
  config: Pick<StackConfig, "set" | "has">,
  settings: Settings,
  names: readonly string[],
  stack: string,
): string {
  for (const name of names) {
    const user = settings.users[name];
    if (user === undefined) continue;
    if (user.rotation === "replace") {
      throw new UserError(
        `the rotation of user ${name} is replace, so it has one account only, and it stays; to have rotations overlap from now on: ` +
          overlapCommands(config, name, user, stack).join(" && "),
      );
    }
    const previous = user.generation - 1;
    if (previous < user.overlapSince || previous <= user.retired) {
      throw new UserError(
        `user ${name} has one account only now, and it stays; a second one beside it comes with: ${runCommand(stack, "rotate", "users", name)}`,
      );
    }
    config.set(["users", name, "retired"], previous);
  }
  return `The older accounts of ${names.join(", ")} are gone.`;
}

/** What lets a user's accounts take turns, beginning with the one that it has. */
function overlapCommands(
  config: Pick<StackConfig, "has">,
  name: string,
  user: User,
  stack: string,
): readonly string[] {
  const path = `naboom-mqtt:users${/^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`;
  // A user that the config does not name would lose the default's rights.
  const rights = config.has(["users", name])
    ? []
    : user.rules.map(({ access, filter }, index) =>
        setCommand(stack, `${path}.${access}[${index}]`, `'${filter}'`),
      );
  const since = user.generation > 1 ? [setCommand(stack, `${path}.overlapSince`, user.generation)] : [];
  return [...rights, setCommand(stack, `${path}.rotation`, "overlap"), ...since];
}
