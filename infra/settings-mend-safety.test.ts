import fc from "fast-check";
import { expect, it } from "vitest";
import { isLoopback } from "./listener-settings.ts";
import { type Config, commandsIn, configAfter } from "./sample-pulumi-config.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";
import type { UserSettings } from "./user-settings.ts";

/** What somebody wanted to write: whatever can let people in, or keep them out, is in it. */
const WANTED = {
  bindAddress: "192.0.2.1",
  listeners: {
    mqtt: { address: "127.0.0.1", port: 11_883 },
    mqtts: { address: "192.0.2.2" },
    ws: "off",
    wss: { port: 18_884 },
    origins: ["https://app.example.org"],
  },
  users: {
    web: { read: ["a/#"], deny: ["a/b"], listeners: ["wss"], roles: ["guest"] },
    service: {
      readwrite: ["b/#"],
      write: ["c"],
      listeners: ["mqtt", "mqtts"],
      rotation: "overlap",
      generation: 3,
    },
    tenant: {
      patterns: { read: ["t/%u/#"], deny: ["t/%u/x"] },
      roles: ["member"],
      listeners: ["mqtts", "wss"],
    },
  },
  roles: {
    guest: { read: ["g/#"], deny: ["g/secret"] },
    guests: { read: ["#"] },
    member: { write: ["m"], roles: ["guest"], patterns: { deny: ["m/%u"] } },
  },
  patterns: { read: ["p/%u"], deny: ["n/%u"], write: ["d/%c"] },
  clientCertificates: { mqtts: "besides-password", wss: "none", days: 30, revoked: { "web~1": "0a1b" } },
  clientIds: "own",
  console: { enabled: true, port: 8_443, address: "127.0.0.1" },
  protect: true,
  policy: { maxPasswordAge: 90 },
  passwords: { length: 64 },
  limits: { packetBytes: 2_048 },
} satisfies Config;

type Path = readonly (string | number)[];

/** Every place of a config, its keys and its items. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  const inside = entries.flatMap(([key, item]) => placesIn(item, [...path, key]));
  return path.length === 0 ? inside : [path, ...inside];
}

/** A mistake of somebody's: another value in a place, or another key for it. */
type Mistake = { readonly at: Path } & ({ readonly value: unknown } | { readonly key: string });

const junk = fc.constantFrom<unknown>(
  null,
  0,
  5,
  -1,
  true,
  false,
  "",
  "x",
  "a#",
  "on",
  "of",
  [],
  ["x"],
  [null],
  {},
  { x: 1 },
);

const letter = fc.constantFrom("s", "a", "x", ":", " ");

/** A word with one letter more, less, other, or two swapped. */
const slipOf = (word: string) =>
  fc.tuple(fc.nat(Math.max(word.length - 1, 0)), fc.nat(3), letter).map(([index, kind, other]) => {
    const [before, here, after] = [word.slice(0, index), word.slice(index, index + 1), word.slice(index + 1)];
    if (kind === 0) return before + other + here + after;
    if (kind === 1) return before + after;
    if (kind === 2) return before + other + after;
    return before + after.slice(0, 1) + here + after.slice(1);
  });

const mistake: fc.Arbitrary<Mistake> = fc.constantFrom(...placesIn(WANTED)).chain((at) => {
  const [given, last] = [valueIn(WANTED, at), at.at(-1)];
  const others = junk.map((value): Mistake => ({ at, value }));
  const slips = typeof given === "string" ? [slipOf(given).map((value): Mistake => ({ at, value }))] : [];
  const keys = typeof last === "string" ? [slipOf(last).map((key): Mistake => ({ at, key }))] : [];
  return fc.oneof(others, ...slips, ...keys, ...keys);
});

function valueIn(config: unknown, path: Path): unknown {
  return path.reduce((here: unknown, key) => Object(here)[key], config);
}

/** A text in the place of a list of rights is written as much as a list of one, and no keys are a listener's defaults. */
function isMeant(one: Mistake): boolean {
  if (!("value" in one)) return false;
  if (typeof one.value === "string") return LISTS.includes(`${one.at.at(-1)}`);
  return one.at[0] === "listeners" && JSON.stringify(one.value) === "{}";
}

const LISTS = ["read", "write", "readwrite", "deny"];

function withMistake(config: Config, one: Mistake): Config {
  const after = structuredClone(config);
  const parent = valueIn(after, one.at.slice(0, -1));
  const last = one.at.at(-1) ?? "";
  if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, last)) return after;
  const record = parent as Record<string | number, unknown>;
  if ("value" in one) record[last] = one.value;
  else if (!Object.hasOwn(record, one.key)) {
    record[one.key] = record[last];
    delete record[last];
  }
  return after;
}

function parse(config: Config) {
  const raw = Object.entries(config).map(([key, value]) => [
    `naboom-mqtt:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(raw), { project: "naboom-mqtt", stack: "dev" });
}

/** Every config that somebody can have who runs the printed commands one after the other, until none is printed. */
function configsOnTheWay(config: Config): readonly Config[] {
  const found: Config[] = [];
  let now = config;
  for (let round = 0; round < ROUNDS; round += 1) {
    const parsed = parse(now);
    if (parsed.success || commandsIn(parsed.faults).length === 0) return found;
    const { faults } = parsed;
    const next = faults.map((_, index) => configAfter(now, faults.slice(0, index + 1)));
    found.push(...next);
    now = next.at(-1) ?? now;
  }
  throw new Error(`${ROUNDS} rounds of commands do not come to an end: ${JSON.stringify(now)}`);
}

/** Lists of commands that are printed and run one after the other, far more than any mistakes need. */
const ROUNDS = 12;

type Rule = UserSettings["rules"][number];

const nameOf = ({
  access,
  filter,
  pattern,
}: Pick<Rule, "access" | "filter"> & { readonly pattern?: string | undefined }) =>
  `${access} ${pattern ?? filter}`;
const allows = (rules: Settings["patterns"]) => rules.filter(({ access }) => access !== "deny").map(nameOf);
const denies = (rules: Settings["patterns"]) => rules.filter(({ access }) => access === "deny").map(nameOf);
const isWithin = <T>(some: readonly T[], all: readonly T[]) => some.every((each) => all.includes(each));

/** Whether a user can do no more than another, and nowhere else. */
function isNoMore(user: UserSettings, other: UserSettings): boolean {
  return (
    isWithin(allows(user.rules), allows(other.rules)) &&
    isWithin(denies(other.rules), denies(user.rules)) &&
    isWithin(user.listeners, other.listeners)
  );
}

/** What settings let anybody do that those that were wanted do not. */
function wider(is: Settings, wanted: Settings): readonly string[] {
  const users = Object.entries(is.users)
    .filter(([name, user]) => {
      const own = wanted.users[name];
      // One with a name that is none has another; what it may do is some user's that was wanted.
      return !(own === undefined ? Object.values(wanted.users) : [own]).some((other) =>
        isNoMore(user, other),
      );
    })
    .map(([name]) => `user ${name}`);
  const listeners = Object.entries(is.listeners)
    .filter(([name, place]) => {
      const other = Object.entries(wanted.listeners).find(([each]) => each === name)?.[1];
      return other === undefined || (place.address !== other.address && !isLoopback(place.address));
    })
    .map(([name]) => `listener ${name}`);
  const rules: readonly (readonly [string, boolean])[] = [
    ["patterns", !isWithin(allows(is.patterns), allows(wanted.patterns))],
    ["denies", !isWithin(denies(wanted.patterns), denies(is.patterns))],
    ["origins", !isWithin(is.origins, wanted.origins)],
    ["trust", is.plainListeners !== wanted.plainListeners],
    ["client ids", is.clientIds !== wanted.clientIds],
    ["console", is.console.enabled && !wanted.console.enabled],
    ["console's address", is.console.address !== wanted.console.address && is.console.enabled],
    ["certificates on mqtts", is.clientCertificates.mqtts === "none"],
    [
      "revoked",
      !isWithin(Object.keys(wanted.clientCertificates.revoked), Object.keys(is.clientCertificates.revoked)),
    ],
    ["protect", wanted.protect && !is.protect],
  ];
  return [...users, ...listeners, ...rules.filter(([, more]) => more).map(([what]) => what)];
}

it("whatever the mistakes of a config are, no printed command lets anybody do or reach more than was written", () => {
  const given = parse(WANTED);
  if (!given.success) throw new Error(given.faults.join("\n"));
  const wanted = given.data;
  let allowed = 0;
  fc.assert(
    fc.property(fc.array(mistake, { minLength: 1, maxLength: 3 }), (mistakes) => {
      // Another value that is allowed is no mistake that anybody can find.
      fc.pre(mistakes.every((one) => !isMeant(one) && !parse(withMistake(WANTED, one)).success));
      for (const config of configsOnTheWay(mistakes.reduce(withMistake, WANTED as Config))) {
        const parsed = parse(config);
        if (!parsed.success) continue;
        allowed += 1;
        expect(wider(parsed.data, wanted)).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
  // Commands that mend nothing would prove nothing.
  expect(allowed).toBeGreaterThan(30);
}, 120_000);
