import { type Account, accountsOf } from "../mosquitto/account.ts";
import { connectionAccounts } from "../mosquitto/client-id.ts";
import type { PolicyChange } from "./policy-change.ts";
import type { TakenOver } from "./taken-over.ts";

type User = TakenOver["users"][string];

/** The users that an update delivers. */
export type WantedUsers = Pick<TakenOver, "users" | "passwordLength">;

/** Each thing that changes for a user, and who is disconnected by it. */
export function userChanges({ users, passwordLength }: WantedUsers, last: WantedUsers): PolicyChange[] {
  const entries = Object.entries(users);
  const added = entries.filter(([name]) => !Object.hasOwn(last.users, name));
  const removed = Object.keys(last.users).filter((name) => !Object.hasOwn(users, name));
  const stayed = entries.flatMap(([name, state]) => {
    const before = Object.hasOwn(last.users, name) ? last.users[name] : undefined;
    return before === undefined ? [] : [{ name, state, before }];
  });
  return [
    ...lengthChange(passwordLength, last.passwordLength),
    ...added.map(([name, state]) => addition(name, state)),
    ...removed.map(removal),
    ...stayed.filter(({ state, before }) => before.rules !== state.rules).map(({ name }) => rights(name)),
    ...stayed.flatMap(({ name, state, before }) => listenerChanges(name, state, before)),
    ...stayed.flatMap(({ name, state, before }) => accountChanges(name, state, before)),
  ];
}

function addition(name: string, state: User): PolicyChange {
  const accounts = withAccounts(name, allAccounts(name, state));
  return {
    ahead: `user ${name} is added${accounts}`,
    done: `user ${name} was added${accounts}`,
    disconnects: false,
  };
}

function removal(name: string): PolicyChange {
  return {
    ahead: `user ${name} is removed, and its clients are disconnected`,
    done: `user ${name} was removed, and its clients were disconnected`,
    disconnects: true,
  };
}

function rights(name: string): PolicyChange {
  return {
    ahead: `user ${name} has other rights from now on, and nobody is disconnected`,
    done: `user ${name} got other rights`,
    disconnects: false,
  };
}

/** Passwords derive from their length as well. */
function lengthChange(length: number | undefined, before: number | undefined): PolicyChange[] {
  if (length === undefined || before === undefined || before === length) return [];
  return [
    {
      ahead:
        `passwords have ${length} characters from now on, so every account gets a new one, and all clients that log in ` +
        "with a password are disconnected",
      done:
        `passwords have ${length} characters now, so every account got a new one, and all clients that had logged in ` +
        "with a password were disconnected",
      disconnects: true,
    },
  ];
}

function listenerChanges(name: string, { listeners }: User, before: User): PolicyChange[] {
  const more = listeners.filter((listener) => !before.listeners.includes(listener)).join(", ");
  const fewer = before.listeners.filter((listener) => !listeners.includes(listener)).join(", ");
  const gained: PolicyChange = {
    ahead: `user ${name} may log in on ${more} as well from now on`,
    done: `user ${name} may log in on ${more} as well now`,
    disconnects: false,
  };
  const lost: PolicyChange = {
    ahead: `user ${name} may no longer log in on ${fewer}, and clients that are connected there are disconnected`,
    done: `user ${name} may no longer log in on ${fewer}, and clients that were connected there were disconnected`,
    disconnects: true,
  };
  return [...(more === "" ? [] : [gained]), ...(fewer === "" ? [] : [lost])];
}

function accountChanges(name: string, state: User, before: User): PolicyChange[] {
  const [wanted, had] = [allAccounts(name, state), allAccounts(name, before)];
  const added = without(wanted, had);
  const isRenewed = state.generation > before.generation;
  const current = added.filter(({ generation }) => generation === state.generation);
  const older = added.filter(({ generation }) => generation !== state.generation);
  return [
    ...(isRenewed ? [renewal(name, state.generation, current)] : []),
    ...byGeneration(isRenewed ? older : added).map(([generation, names]) => account(name, generation, names)),
    ...byGeneration(without(had, wanted)).map(([generation, names]) => ending(generation, names)),
  ];
}

function renewal(name: string, generation: number, accounts: readonly Account[]): PolicyChange {
  const what = `a new password (generation ${generation})${withAccounts(name, accounts)}`;
  return { ahead: `user ${name} gets ${what}`, done: `user ${name} got ${what}`, disconnects: false };
}

function account(name: string, generation: number, names: readonly string[]): PolicyChange {
  const sentence = `user ${name} has ${accountList(names)} (generation ${generation})`;
  return { ahead: `${sentence} from now on`, done: `${sentence} now`, disconnects: false };
}

function ending(generation: number, names: readonly string[]): PolicyChange {
  const password = `the password of ${names.join(", ")} (generation ${generation})`;
  return {
    ahead: `${password} ends, and clients that use it are disconnected`,
    done: `${password} ended, and clients that used it were disconnected`,
    disconnects: true,
  };
}

function allAccounts(name: string, state: User): readonly Account[] {
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
