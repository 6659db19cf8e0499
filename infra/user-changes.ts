import { type Account, accountsOf } from "../mosquitto/account.ts";
import { connectionAccounts } from "../mosquitto/client-id.ts";
import type { Settings } from "./settings-schema.ts";
import { describeUsers, type TakenOver } from "./taken-over.ts";
import type { UserSettings } from "./user-settings.ts";

type Before = TakenOver["users"][string];

/** A sentence for each thing that changes for a user, and who is disconnected by it. */
export function userChanges({ users, passwords }: Settings, last: TakenOver): string[] {
  const wanted = describeUsers(users);
  const entries = Object.entries(users);
  const added = entries.filter(([name]) => last.users[name] === undefined);
  const removed = Object.keys(last.users).filter((name) => users[name] === undefined);
  const stayed = entries.flatMap(([name, state]) => {
    const before = last.users[name];
    return before === undefined ? [] : [{ name, state, before }];
  });
  return [
    ...lengthChange(passwords.length, last.passwordLength),
    ...added.map(([name, state]) => `user ${name} is added${withAccounts(name, allAccounts(name, state))}`),
    ...removed.map((name) => `user ${name} is removed, and its clients are disconnected`),
    ...stayed
      .filter(({ name, before }) => before.rules !== wanted[name]?.rules)
      .map(({ name }) => `user ${name} has other rights from now on, and nobody is disconnected`),
    ...stayed.flatMap(({ name, state, before }) => listenerChanges(name, state, before)),
    ...stayed.flatMap(({ name, state, before }) => accountChanges(name, state, before)),
  ];
}

/** Passwords derive from their length as well. */
function lengthChange(length: number, before: number | undefined): string[] {
  if (before === undefined || before === length) return [];
  return [
    `passwords have ${length} characters from now on, so every account gets a new one, and all clients that log in ` +
      "with a password are disconnected",
  ];
}

function listenerChanges(name: string, { listeners }: UserSettings, before: Before): string[] {
  const more = listeners.filter((listener) => !before.listeners.includes(listener));
  const fewer = before.listeners.filter((listener) => !listeners.includes(listener));
  return [
    ...(more.length > 0 ? [`user ${name} may log in on ${more.join(", ")} as well from now on`] : []),
    ...(fewer.length > 0
      ? [
          `user ${name} may no longer log in on ${fewer.join(", ")}, and clients that are connected there are disconnected`,
        ]
      : []),
  ];
}

function accountChanges(name: string, state: UserSettings, before: Before): string[] {
  const [wanted, had] = [allAccounts(name, state), allAccounts(name, before)];
  const added = without(wanted, had);
  const current = added.filter(({ generation }) => generation === state.generation);
  const older = added.filter(({ generation }) => generation !== state.generation);
  const renewed = `user ${name} gets a new password (generation ${state.generation})${withAccounts(name, current)}`;
  return [
    ...(state.generation > before.generation ? [renewed] : []),
    ...byGeneration(state.generation > before.generation ? older : added).map(
      ([generation, names]) =>
        `user ${name} has ${accountList(names)} (generation ${generation}) from now on`,
    ),
    ...byGeneration(without(had, wanted)).map(
      ([generation, names]) =>
        `the password of ${names.join(", ")} (generation ${generation}) ends, and clients that use it are disconnected`,
    ),
  ];
}

function allAccounts(name: string, state: UserSettings | Before): readonly Account[] {
  return accountsOf(name, state).flatMap((account) => connectionAccounts(account, state.connections));
}

function without(accounts: readonly Account[], others: readonly Account[]): readonly Account[] {
  const known = new Set(others.map(({ name, generation }) => `${name}:${generation}`));
  return accounts.filter(({ name, generation }) => !known.has(`${name}:${generation}`));
}

function byGeneration(accounts: readonly Account[]): [number, string[]][] {
  const generations = [...new Set(accounts.map(({ generation }) => generation))];
  return generations.map((wanted) => [
    wanted,
    accounts.filter(({ generation }) => generation === wanted).map(({ name }) => name),
  ]);
}

/** Nothing where the only account has the user's own name. */
function withAccounts(user: string, accounts: readonly Account[]): string {
  const names = accounts.map(({ name }) => name);
  return names.length === 0 || (names.length === 1 && names[0] === user)
    ? ""
    : `, with ${accountList(names)}`;
}

function accountList(names: readonly string[]): string {
  return `the account${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
}
