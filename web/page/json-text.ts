/** Levels of nesting that are indented; beyond, the spaces would soon outweigh the text many times. */
const DEEPEST = 32;

/**
 * JSON with one entry a line, every token as it was sent: `1.0` stays so, a number of twenty digits keeps them all,
 * and of two members of one name both are shown. Parsing it and writing it anew would lose each of these.
 *
 * @returns undefined for what is no JSON object or array (RFC 8259), or is nested deeper than 32 levels
 */
export function indentedJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return undefined;
  const tokens = tokensOf(text);
  const parts: string[] = [];
  let depth = 0;
  for (const [place, token] of tokens.entries()) {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    const previous = tokens[place - 1];
    const empty = closes && (previous === "{" || previous === "[");
    if (closes) depth -= 1;
    if (closes && !empty) parts.push(line(depth));
    parts.push(token);
    if (opens) depth += 1;
    if (depth > DEEPEST) return undefined;
    const next = tokens[place + 1];
    if (token === "," || (opens && next !== "}" && next !== "]")) parts.push(line(depth));
    if (token === ":") parts.push(" ");
  }
  return parts.join("");
}

/** Strings, brackets, commas, colons, and the runs of anything else but white space: numbers, true, false and null. */
function tokensOf(json: string): readonly string[] {
  const tokens: string[] = [];
  const start = /["{}[\],:]|[^\s"{}[\],:]+/g;
  for (let found = start.exec(json); found !== null; found = start.exec(json)) {
    if (found[0] === '"') start.lastIndex = stringEnd(json, found.index);
    tokens.push(json.slice(found.index, start.lastIndex));
  }
  return tokens;
}

/** Where the string that begins at a quotation mark is over; a pattern would run out of stack on millions of escapes. */
function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function line(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
