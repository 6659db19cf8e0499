import colors from "picocolors";
import type { Explanation, Reach, Want } from "../infra/access-explanation.ts";
import { loginNames } from "../infra/login-names.ts";
import { someOf } from "../infra/rule-breadth.ts";
import type { Settings } from "../infra/settings-schema.ts";
import type { AccessRule } from "../mosquitto/acl.ts";
import type { ClientIdentity } from "../mosquitto/authorization.ts";
import { type AnyListenerName, internalListener, listenerIn } from "../mosquitto/listener.ts";
import { hasPlaceholder } from "../mosquitto/pattern.ts";
import type { GrantedRule } from "../mosquitto/role.ts";
import { type Cell, LINE, renderTable, wrap } from "./table.ts";

export interface ReportOptions {
  readonly colour: boolean;
}

/** Renders for people whether a user may do something, by what, and where. */
export function renderExplanation(
  explanation: Explanation,
  settings: Settings,
  { colour }: ReportOptions,
): string {
  const paint = colors.createColors(colour);
  const { user, want, topic, allowed, others, client, listeners } = explanation;
  const verdict = allowed ? paint.green(`may ${want}`) : paint.red(`may not ${want}`);
  const alternative = explanation.by === "rule" ? "over" : "but";
  const rows = [
    ["by", reasonOf(explanation)],
    ...others.map((rule) => [alternative, describeRule(rule)]),
    ...(client === undefined ? [] : [["as", describeClient(client, settings.clientIds)]]),
    ...(allowed ? [["on", portsOf(listeners, settings)]] : []),
  ];
  return [`${paint.bold(user)} ${verdict} ${topic}`, ...list(rows, paint.dim)].join("\n");
}

/** Renders for people all that a user may do. */
export function renderRights(user: string, settings: Settings, { colour }: ReportOptions): string {
  const paint = colors.createColors(colour);
  const own = settings.users[user];
  if (own === undefined) throw new Error(`${user} is no user of the policy`);
  const on = portsOf(own.listeners, settings);
  const as = loginNames(settings, user, own);
  const everyone = `everyone's pattern${settings.clientIds === "free" ? ", and any client can choose its id" : ""}`;
  const rules: readonly (GrantedRule & { everyone?: true })[] = [
    ...own.rules.filter(({ access }) => access === "deny"),
    ...own.rules.filter(({ access }) => access !== "deny"),
    ...settings.patterns.map((rule) => ({ ...rule, everyone: true as const })),
  ];
  const rows = rules.map(({ access, filter, ...rule }) => [
    { text: access, ...(access === "deny" ? { paint: paint.red } : {}) },
    { text: filter },
    {
      text: rule.everyone ? everyone : originOf(rule),
      paint: paint.dim,
    },
  ]);
  return [
    `${paint.bold(user)} on ${on}, as ${as.join(" or ")}`,
    ...renderTable(rows, [9, 50, 45], "  "),
  ].join("\n");
}

/** Renders for people who can reach a topic: users, and below them accounts of the stack's own. */
export function renderReach(
  topic: string,
  users: readonly Reach[],
  own: readonly Reach[],
  { colour }: ReportOptions,
): string {
  const paint = colors.createColors(colour);
  const reaches = [...users, ...own];
  if (reaches.length === 0) return `Nobody may read or write ${topic}.`;
  const rows = reaches.flatMap(({ user, explanations: { read, write } }) => {
    const asOne = read.allowed && write.allowed && read.rule === write.rule;
    const row = (wants: string, { listeners, ...explanation }: Explanation): Cell[] => [
      { text: user, paint: paint.bold },
      { text: wants, paint: wants === "read" ? paint.green : paint.yellow },
      { text: reasonOf(explanation) + asClient(explanation.client) },
      { text: placesOf(listeners), paint: paint.dim },
    ];
    if (asOne) return [row("read and write", read)];
    return [...(read.allowed ? [row("read", read)] : []), ...(write.allowed ? [row("write", write)] : [])];
  });
  return [
    paint.bold(topic),
    ...renderTable(rows, [22, 14, 42, 24], "  "),
    ...ownLines(own).map(paint.dim),
  ].join("\n");
}

/** What marks accounts that no config names. */
function ownLines(own: readonly Reach[]): readonly string[] {
  if (own.length === 0) return [];
  const names = someOf(own.map(({ user }) => user));
  const are = own.length === 1 ? "is an account" : "are accounts";
  return ["", ...wrap(`${names} ${are} of the stack's own, by which it checks the broker.`, LINE)];
}

function placesOf(listeners: readonly AnyListenerName[]): string {
  return `on ${listeners.join(", ")}`;
}

/** The listeners with their ports on the host, which the internal one has none of. */
function portsOf(names: readonly AnyListenerName[], { listeners }: Settings): string {
  const places = names.map((name) =>
    name === internalListener.name ? name : `${name} ${listenerIn(listeners, name).port}`,
  );
  return places.join(", ");
}

function asClient(client: ClientIdentity | undefined): string {
  return client === undefined ? "" : `, as client id ${client.clientId}`;
}

function describeClient({ username, clientId }: ClientIdentity, choice: Settings["clientIds"]): string {
  if (choice === "own") return `account ${username}, which is its client id too`;
  return `client id ${clientId} with account ${username}; any client can choose its id`;
}

/** What decided, in words. */
function reasonOf({ by, rule, want, topic }: Pick<Explanation, "by" | "rule" | "want" | "topic">): string {
  if (rule !== undefined)
    return by === "pattern" ? `${nameOf(rule)}, everyone's pattern` : describeRule(rule);
  if (by === "name") return "the broker: a client id with + or # has no pattern's rights";
  if (by === "nothing") return `no rule that lets it ${want} there`;
  return reservedReason(want, topic);
}

function reservedReason(want: Want, topic: string): string {
  return topic.startsWith("$share")
    ? "the broker: what a shared subscription gets is decided by the topic behind $share/<group>/"
    : `the broker: nobody may ${want} what begins with $SYS`;
}

function describeRule(rule: GrantedRule): string {
  const everyone = hasPlaceholder(rule.filter, "client");
  return `${nameOf(rule)}, ${everyone ? "everyone's pattern" : originOf(rule)}`;
}

function nameOf({ access, filter }: AccessRule): string {
  return `${access} ${filter}`;
}

/** Where a rule comes from, for instance `role reader, from naboom/users/%u/#`. */
function originOf({ role, pattern }: Pick<GrantedRule, "role" | "pattern">): string {
  const place = role === undefined ? (pattern === undefined ? "its own" : "a pattern") : `role ${role}`;
  return pattern === undefined ? place : `${place}, written ${pattern}`;
}

function list(rows: readonly (readonly string[])[], dim: (text: string) => string): string[] {
  const cells = rows.map(([name = "", text = ""]) => [{ text: name, paint: dim }, { text }]);
  return renderTable(cells, [4, LINE - 8], "  ");
}
