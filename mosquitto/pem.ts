/** One block of a PEM text, as OpenSSL reads it. */
export interface PemBlock {
  /** What stands after BEGIN, such as `CERTIFICATE`. */
  readonly label: string;
  /** The block from BEGIN to END, without trailing white space, lines ended by one newline. */
  readonly pem: string;
}

/** A PEM text, taken apart. */
export interface PemText {
  readonly blocks: readonly PemBlock[];
  /** What is in it beside whole blocks and white space, by line number; never the text itself, which may be a key. */
  readonly mistakes: readonly string[];
}

/**
 * The blocks of a PEM text that holds nothing else but white space between them.
 *
 * @throws RangeError that says what else is there, and in which lines, without its content.
 */
export function splitPem(text: string): PemBlock[] {
  const { blocks, mistakes } = readPem(text);
  if (mistakes.length > 0) throw new RangeError(`a PEM text holds ${mistakes.join(", and ")}`);
  return [...blocks];
}

/**
 * Takes a PEM text apart and notes all that does not belong there.
 *
 * Stricter than RFC 7468, 2, as OpenSSL is: BEGIN and END stand at the beginning of a line, and a byte
 * order mark is no white space. Header fields before the content are those of RFC 1421, 4.6.
 */
export function readPem(text: string): PemText {
  const blocks: PemBlock[] = [];
  const mistakes: string[] = [];
  const outside: number[] = [];
  let open: OpenBlock | undefined;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const number = index + 1;
    const content = line.replace(/[ \t]+$/, "");
    const begin = BEGIN.exec(content)?.[1];
    if (begin !== undefined) {
      if (open !== undefined) mistakes.push(endless(open));
      open = { label: begin, number, lines: [content] };
    } else if (open === undefined) {
      if (!/^[ \t]*$/.test(content)) outside.push(number);
    } else {
      open.lines.push(content);
      if (content !== `-----END ${open.label}-----`) continue;
      if (isContent(open.lines.slice(1, -1))) blocks.push(closed(open));
      else mistakes.push(`a block from line ${open.number} on whose content is not whole base64`);
      open = undefined;
    }
  }
  if (open !== undefined) mistakes.push(endless(open));
  if (outside.length > 0) mistakes.unshift(`text outside of a block in ${lines(outside)}`);
  return { blocks, mistakes };
}

/** Whether a text holds the beginning of a PEM block anywhere. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

interface OpenBlock {
  readonly label: string;
  readonly number: number;
  readonly lines: string[];
}

const BEGIN = /^-----BEGIN ([A-Z0-9](?:[A-Z0-9 ]{0,62}[A-Z0-9])?)-----$/;
const HEADER = /^[A-Za-z][A-Za-z0-9-]*:/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

function closed({ label, lines }: OpenBlock): PemBlock {
  return { label, pem: `${lines.join("\n")}\n` };
}

function endless({ number }: OpenBlock): string {
  return `a block from line ${number} on without its END line`;
}

function isContent(block: readonly string[]): boolean {
  const headed = HEADER.test(block[0] ?? "");
  const body = headed ? block.slice(block.indexOf("") + 1 || block.length) : block;
  return BASE64.test(body.join("").replace(/[ \t]/g, ""));
}

/** Line numbers in words: `line 3`, `lines 1 to 4 and 9`. */
function lines(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, 5).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const words = [...shown, ...(runs.length > 5 ? ["others"] : [])]
    .join(", ")
    .replace(/, (?=[^,]*$)/, " and ");
  return `line${numbers.length === 1 ? "" : "s"} ${words}`;
}
