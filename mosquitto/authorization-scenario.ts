import fc from "fast-check";
import { type AccessControlList, accesses } from "./acl.ts";
import type { ClientIdentity } from "./authorization.ts";

/** An ACL, and who wants to do what under it: every client on every topic, reading and writing. */
export interface Scenario {
  readonly acl: AccessControlList;
  /** With client ids that differ. */
  readonly clients: readonly ClientIdentity[];
  readonly topics: readonly string[];
}

/** Something that a client wants to do under an ACL. */
export interface AccessRequest {
  readonly acl: AccessControlList;
  readonly client: ClientIdentity;
  readonly access: "read" | "write";
  readonly topic: string;
}

/**
 * Scenarios that a broker can be asked about, small enough that rules, names and topics meet often.
 *
 * Most topics are made from a rule's filter, and then led a little astray. None begins with `$share/` or
 * `$CONTROL/`, which carry no messages.
 */
export function scenarios(): fc.Arbitrary<Scenario> {
  const drawn = fc.record({
    users: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 9, arbitrary: fc.array(sections(), { minLength: 1, maxLength: 3 }) },
    ),
    patterns: fc.oneof(fc.constant([]), fc.array(rules(), { maxLength: 4 })),
    clients: fc.uniqueArray(visitors(), { selector: ({ clientId }) => clientId, minLength: 1, maxLength: 2 }),
    sketches: fc.array(sketches(), { minLength: 1, maxLength: 6 }),
  });
  return drawn.map(({ users, patterns, clients: visitors, sketches }) => {
    const clients = visitors.map(({ section, spelling, username, clientId }) => {
      const name = users[section % users.length]?.name;
      return { username: name === undefined ? username : spellings[spelling](name, username), clientId };
    });
    const acl = { users, patterns };
    return { acl, clients, topics: topicsOf(sketches, acl, clients) };
  });
}

/** All that is wanted in a scenario, one by one. */
export function requestsOf({ acl, clients, topics }: Scenario): AccessRequest[] {
  const accesses = ["read", "write"] as const;
  return clients.flatMap((client) =>
    topics.flatMap((topic) => accesses.map((access) => ({ acl, client, access, topic }))),
  );
}

/** How a client's user name comes from the name of a section; the broker trims what it reads in its file. */
const spellings = {
  same: (name) => name,
  "another name": (_, other) => other,
  "other case": (name) => (name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()),
  "other Unicode form": (name) =>
    name === name.normalize("NFC") ? name.normalize("NFD") : name.normalize("NFC"),
  "with a space": (name) => `${name} `,
} satisfies Readonly<Record<string, (name: string, other: string) => string>>;

/** A client, most often of a user with a section. */
interface Visitor extends ClientIdentity {
  readonly section: number;
  readonly spelling: keyof typeof spellings;
}

function visitors(): fc.Arbitrary<Visitor> {
  const strange = Object.keys(spellings) as Visitor["spelling"][];
  const spelling = fc.oneof(
    { weight: 2, arbitrary: fc.constant("same" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...strange) },
  );
  const clientId = fc.oneof(
    { weight: 4, arbitrary: names() },
    { weight: 1, arbitrary: fc.constantFrom("a/b", "ann/1") },
  );
  return fc.record({ section: fc.nat({ max: 2 }), spelling, username: names(), clientId });
}

/** Prefixes of each other, other case, one letter in two Unicode forms, and what stands for something in a filter. */
const safeNames = [
  "ann",
  "an",
  "Ann",
  "anna",
  "a b",
  "a",
  "\u00e9",
  "e\u0301",
  "日本",
  "$app",
  "%u",
  "%c",
  "a/b",
];
const dangerousNames = ["a+b", "ann#", "+", "#"];

function names(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(...safeNames) },
    { weight: 1, arbitrary: fc.constantFrom(...dangerousNames) },
  );
}

/** Levels of topics; the long one does not fit into the buffer that the broker reads its file into at first. */
const levels = [
  "a",
  "b",
  "A",
  "ab",
  "",
  "ann",
  "é",
  "日本",
  "😀",
  "a b",
  "%u",
  "%c",
  "x%u",
  "$app",
  "l".repeat(300),
];
/** First levels of topics that wildcards do not reach. */
const dollarLevels = ["$app", "$", "$SYS", "$SYSTEM", "$shared", "$SYS/broker/version"];
const connectionState = ["$SYS/broker/connection", "a", "state"];

function level(): fc.Arbitrary<string> {
  return fc.constantFrom(...levels);
}

function sections() {
  return fc.record({ name: names(), rules: fc.array(rules(), { minLength: 1, maxLength: 5 }) });
}

function rules() {
  return fc.record({ access: fc.constantFrom(...accesses), filter: filters() });
}

function filters(): fc.Arbitrary<string> {
  const inner = fc.oneof(
    { weight: 5, arbitrary: level() },
    { weight: 2, arbitrary: fc.constant("+") },
    { weight: 2, arbitrary: fc.constantFrom("%u", "%c") },
  );
  const all = fc.tuple(
    fc.array(inner, { maxLength: 3 }),
    fc.constantFrom([], ...["#", "+", ""].map((end) => [end])),
  );
  const plain = all.map(([start, end]) => [...start, ...end].join("/"));
  const dollar = fc
    .tuple(fc.constantFrom(...dollarLevels), all)
    .map(([first, [start, end]]) => [first, ...start, ...end].join("/"));
  const state = fc.constantFrom("a", "+", "%c", "%u").map((who) => connectionState.with(1, who).join("/"));
  return (
    fc
      .oneof(
        { weight: 16, arbitrary: plain },
        { weight: 4, arbitrary: dollar },
        { weight: 1, arbitrary: state },
      )
      // An ACL file holds neither an empty filter nor one with white space around it.
      .filter((filter) => filter !== "")
  );
}

/** How a topic comes to be: from a rule's filter or from nothing, with levels for the wildcards, and a twist. */
interface Sketch {
  readonly rule: number;
  readonly client: number;
  readonly fill: readonly string[];
  readonly twist: Twist;
}

const twists = {
  none: (topic) => topic,
  longer: (topic, level) => `${topic}/${level}`,
  shorter: (topic) => topic.split("/").slice(0, -1).join("/"),
  "leading slash": (topic) => `/${topic}`,
  "trailing slash": (topic) => `${topic}/`,
  "other case": (topic) => topic.toUpperCase(),
  "other start": (topic, level) => [level, ...topic.split("/").slice(1)].join("/"),
  dollar: (topic) => `$${topic}`,
  "no rule": (_, level, fill) => [level, ...fill].join("/"),
} satisfies Readonly<Record<string, (topic: string, level: string, fill: readonly string[]) => string>>;

type Twist = keyof typeof twists;

function sketches(): fc.Arbitrary<Sketch> {
  return fc.record({
    rule: fc.nat({ max: 15 }),
    client: fc.nat({ max: 1 }),
    fill: fc.array(level(), { minLength: 1, maxLength: 4 }),
    twist: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Twist>("none") },
      { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(twists) as Twist[])) },
    ),
  });
}

/** The topics that sketches come to, each once. */
function topicsOf(
  drawn: readonly Sketch[],
  { users, patterns }: AccessControlList,
  clients: readonly ClientIdentity[],
): string[] {
  const topics = drawn.map(({ rule, client: visitor, fill, twist }) => {
    const client = clients[visitor % clients.length];
    const own = users.filter(({ name }) => name === client?.username).flatMap((user) => user.rules);
    const from = [...own, ...patterns];
    const filter = from[rule % from.length]?.filter ?? "#";
    const [next = "", ...rest] = fill;
    return twists[twist](insideOf(filter, client, rest), next, rest);
  });
  return [...new Set(topics)].filter((topic) => topic !== "");
}

/** A topic that a filter takes in, most often for the client given. */
function insideOf(filter: string, client: ClientIdentity | undefined, fill: readonly string[]): string {
  const known = new Map([
    ["%u", client?.username],
    ["%c", client?.clientId],
    ["+", fill[0] ?? "a"],
  ]);
  return filter
    .split("/")
    .flatMap((level) => (level === "#" ? fill.slice(1) : (known.get(level) ?? level)))
    .join("/")
    .replace(/[+#]/g, "x");
}
