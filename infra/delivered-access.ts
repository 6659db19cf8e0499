import { type AccessRule, renderAcl } from "../mosquitto/acl.ts";
import { readAclFile } from "../mosquitto/acl-file.ts";
import { healthcheckAccount } from "../mosquitto/healthcheck.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import type { Access } from "./access-settings.ts";
import { userOfLoginName } from "./login-names.ts";

/** What a broker has of the policy. */
export interface DeliveredAccess {
  /** The text of its ACL file. */
  readonly acl: string;
  /** The names that may log in on each listener; a listener that is off has none. */
  readonly accounts: Readonly<Partial<Record<ListenerName, readonly string[]>>>;
}

/** What the patterns of everyone are called beside users. */
const PATTERNS = "everyone's patterns";

/**
 * Whose access the running broker has otherwise than the config says, or not at all; empty where all is delivered.
 *
 * This is about users' rights and listeners, not about which accounts and certificates a rotation leaves them.
 */
export function undelivered(access: Access, delivered: DeliveredAccess): readonly string[] {
  const users = Object.entries(access.users);
  const ownerOf = (name: string) => userOfLoginName(access.users, name) ?? name;
  const wanted = new Map([
    ...users.map(([user, { rules }]) => [user, linesOf(rules)] as const),
    [PATTERNS, renderAcl({ users: [], patterns: access.patterns }).trim()],
  ]);
  const file = readAclFile(delivered.acl);
  const given = [
    ...file.sections.map(({ name, lines }) => ({ owner: ownerOf(name), lines: lines.join("\n") })),
    { owner: PATTERNS, lines: [...file.anonymous, ...file.patterns].join("\n") },
  ];
  const owners = [...wanted.keys(), ...given.map(({ owner }) => owner)];
  const rights = owners.filter((owner) => {
    const all = new Set(given.filter((section) => section.owner === owner).map(({ lines }) => lines));
    return all.size > 1 || ([...all][0] ?? "") !== (wanted.get(owner) ?? "");
  });
  const logIns = listenerNames.flatMap((listener) => {
    const allowed = users.filter(([, { listeners }]) => listeners.includes(listener)).map(([user]) => user);
    return difference(new Set(allowed), new Set((delivered.accounts[listener] ?? []).map(ownerOf)));
  });
  return [...new Set([...rights, ...logIns])].filter((name) => name !== healthcheckAccount.name);
}

function linesOf(rules: readonly AccessRule[]): string {
  return rules.map(({ access, filter }) => `topic ${access} ${filter}`).join("\n");
}

function difference(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...[...some].filter((name) => !others.has(name)), ...[...others].filter((name) => !some.has(name))];
}
