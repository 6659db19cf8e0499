import type { StackOutputs } from "../infra/contract.ts";
import type { Check } from "./proof.ts";

/** What stands in the place of a secret. */
export const REDACTED = "[secret]";

export type Redaction = (text: string) => string;

/**
 * Makes the one function that all text of a proof goes through: no password of the stack comes out of it,
 * neither plain nor as a URL, JSON, Base64 or hexadecimal digits would have it.
 */
export function createRedaction({
  credentials,
  proofCredentials,
}: Pick<StackOutputs, "credentials" | "proofCredentials">): Redaction {
  const logIns = [
    ...Object.values(credentials).flatMap((credential) => [credential, ...credential.connections]),
    ...Object.values(proofCredentials).flat(),
  ];
  const secrets = logIns
    .flatMap(({ username, password }) => [...forms(password), ...forms(`${username}:${password}`)])
    .filter((form) => form !== "");
  const index = new SecretIndex(secrets);
  return (text) => replaceRanges(text, index.rangesIn(text));
}

/** From the first character of a secret in a text to behind its last one. */
type Range = readonly [from: number, to: number];

/**
 * Finds secrets by how they begin: a look-up for each character of a text, however many secrets there are.
 * A thousand users have 12,000, and their proof some ten thousand texts.
 */
class SecretIndex {
  readonly #beginnings = new Map<string, string[]>();
  readonly #length: number;

  constructor(secrets: readonly string[]) {
    this.#length = secrets.reduce((shortest, { length }) => Math.min(shortest, length), BEGINNING);
    for (const secret of new Set(secrets)) {
      const beginning = secret.slice(0, this.#length);
      const known = this.#beginnings.get(beginning);
      if (known === undefined) this.#beginnings.set(beginning, [secret]);
      else known.push(secret);
    }
  }

  /** Where secrets are in a text, first to last; those that overlap as one. */
  rangesIn(text: string): readonly Range[] {
    const found: Range[] = [];
    for (let from = 0; from + this.#length <= text.length; from += 1) {
      const to = from + this.#lengthAt(text, from);
      const last = found.at(-1);
      if (to === from) continue;
      if (last === undefined || from >= last[1]) found.push([from, to]);
      else if (to > last[1]) found[found.length - 1] = [last[0], to];
    }
    return found;
  }

  /** The length of the longest secret that begins at a place of a text; 0 where none does. */
  #lengthAt(text: string, from: number): number {
    const secrets = this.#beginnings.get(text.slice(from, from + this.#length)) ?? [];
    return secrets.reduce(
      (longest, secret) => (text.startsWith(secret, from) ? Math.max(longest, secret.length) : longest),
      0,
    );
  }
}

/** So many characters tell two passwords apart; a shorter secret has the index take fewer. */
const BEGINNING = 8;

function replaceRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const ends = ranges.map(([, to]) => to);
  const between = ranges.map(([from], place) => text.slice(ends[place - 1] ?? 0, from));
  return [...between, text.slice(ends.at(-1))].join(REDACTED);
}

function forms(password: string): string[] {
  const bytes = Buffer.from(password);
  return [
    password,
    encodeURIComponent(password),
    JSON.stringify(password).slice(1, -1),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}

/** Every free text of a check, redacted. */
export function redacted(check: Check, redact: Redaction): Check {
  const entries = Object.entries(check).map(([key, value]) => [
    key,
    TEXTS.has(key) && typeof value === "string" ? redact(value) : value,
  ]);
  return Object.fromEntries(entries) as Check;
}

const TEXTS: ReadonlySet<string> = new Set<keyof Check>(["name", "reason", "expected", "seen"]);
