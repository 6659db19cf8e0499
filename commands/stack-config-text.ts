import { type Document, isScalar, LineCounter, visit } from "yaml";
import { someOf } from "../infra/rule-breadth.ts";
import { UserError } from "../toolchain/user-error.ts";
import { shellWord } from "./shell-word.ts";

/**
 * The text of a stack's config file. Pulumi reads UTF-8 alone, and says neither file nor line of what is none.
 *
 * @throws UserError that names the file and the lines, where it is not UTF-8 or has what YAML allows in no text
 */
export function decodeConfig(bytes: Buffer, file: string): string {
  if (/^(fffe|feff)/.test(bytes.toString("hex", 0, 2))) {
    throw new UserError(`${file} is UTF-16, and a config file is UTF-8; ${reencode("utf-16", file)}`);
  }
  const text = bytes.toString("utf8");
  const again = Buffer.from(text);
  if (!again.equals(bytes)) {
    const place = bytes.findIndex((byte, index) => byte !== again[index]);
    const byte = `0x${(bytes[place] ?? 0).toString(16).toUpperCase().padStart(2, "0")}`;
    throw new UserError(
      `${file} is not UTF-8 in ${linesOf(brokenLines(bytes))} (the byte ${byte}), as a config file is; ` +
        `if it is Latin-1, ${reencode("latin1", file)}; if it is not, save it as UTF-8 in an editor`,
    );
  }
  refuseControls(text, file);
  return text.replace(/^\ufeff/, "");
}

/** The numbers of the lines that are not UTF-8, in which no character has the byte of a line's end. */
function brokenLines(bytes: Buffer): readonly number[] {
  const broken: number[] = [];
  let [number, start] = [1, 0];
  while (start <= bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!Buffer.from(line.toString("utf8")).equals(line)) broken.push(number);
    if (end === -1) break;
    start = end + 1;
    number += 1;
  }
  return broken;
}

function linesOf(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? "line" : "lines"} ${someOf(numbers.map(String))}`;
}

/** The command that writes a file anew, which is moved into its place when it is whole. */
function reencode(encoding: string, file: string): string {
  const [from, to] = [shellWord(file), shellWord(`${file}.utf-8`)];
  return `to mend it: iconv -f ${encoding} -t utf-8 ${from} > ${to} && mv ${to} ${from}`;
}

/** What may stand in a YAML text (YAML 1.2.2, 5.1, `c-printable`). */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function refuseControls(text: string, file: string): void {
  const [found] = UNPRINTABLE.exec(text) ?? [];
  if (found === undefined) return;
  const lines = text.split("\n").flatMap((line, index) => (line.includes(found) ? [index + 1] : []));
  const code = found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  const bytes = [...Buffer.from(found)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  throw new UserError(
    `${file} has the control character U+${code} in ${linesOf(lines)}, which YAML does not allow; ` +
      `to take it out: LC_ALL=C sed -i 's/${bytes}//g' ${shellWord(file)}`,
  );
}

/**
 * What is wrong with a document that has a key twice in one map, in the words of the `yaml` library.
 *
 * The library compares each key of a map with each other one, which takes minutes of 100,000 users.
 */
export function repeatedKey(document: Document, text: string): string | undefined {
  const places: number[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (known.has(key.value)) places.push(key.range?.[0] ?? 0);
        known.add(key.value);
      }
    },
  });
  if (places.length === 0) return undefined;
  const { line, col } = linesIn(text).linePos(Math.min(...places));
  return `Map keys must be unique at line ${line}, column ${col}:`;
}

function linesIn(text: string): LineCounter {
  const lines = new LineCounter();
  for (const { index } of text.matchAll(/^/gm)) lines.addNewLine(index);
  return lines;
}

/** The half of a character beyond U+FFFF, as an escape of a text in double quotes. */
const HALF = /(?<!\\)(?:\\\\)*(\\(?:u|U0000)d[89a-f][0-9a-f]{2})/i;

/**
 * A sentence for each text of a document in which an escape stands for half a character.
 *
 * The `yaml` library takes it, and Pulumi cannot read the file, also not to mend it.
 */
export function halfCharacters(document: Document, text: string, file: string): readonly string[] {
  const lines = linesIn(text);
  const found: string[] = [];
  visit(document, (_, node) => {
    if (!isScalar(node) || node.type !== "QUOTE_DOUBLE" || !node.range) return;
    const [start, end] = node.range;
    const match = HALF.exec(text.slice(start, end));
    if (match?.[1] === undefined) return;
    const { line } = lines.linePos(start + match.index + match[0].length - match[1].length);
    // Behind an even number of backslashes, as the last of an odd number is the escape's own.
    const taken = `s/(^|[^\\])((\\\\\\\\)*)\\${match[1]}/\\1\\2/g`;
    found.push(
      `line ${line} has the escape ${match[1]}, half of a character, and YAML has whole ones as they are or as \\U and eight digits; ` +
        `to take it out, before any other command: sed -E -i '${line}${taken}' ${shellWord(file)}`,
    );
  });
  return found;
}
