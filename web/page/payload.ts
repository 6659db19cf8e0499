import { withVisibleControls } from "./bidi-control.ts";
import { indentedJson } from "./json-text.ts";

/** The text that a payload is, to the last byte; undefined if it is not UTF-8, or has control characters that no one would see. */
export function exactText(payload: Uint8Array): string | undefined {
  const text = decode(payload);
  return text === undefined || hasControls(text) ? undefined : text;
}

/** Why a payload can't be edited in the page, as a sentence; undefined if it can. */
export function editFault(payload: Uint8Array): string | undefined {
  const text = exactText(payload);
  if (text === undefined) return "It can't be edited here: the payload is not UTF-8 text.";
  // A text area has line feeds alone (HTML, 4.10.11, "API value").
  if (text.includes("\r"))
    return "It can't be edited here: a form would change its line ends, which have CR.";
  return undefined;
}

/** The whole payload for reading: JSON indented, text as it is, anything else as a dump of its first 4,096 bytes. */
export function readableText(payload: Uint8Array): string {
  const text = exactText(payload);
  return text === undefined ? dump(payload) : withVisibleControls(indentedJson(text) ?? text);
}

/** Two hexadecimal digits for each byte, of all of them. */
export function hexadecimal(payload: Uint8Array): string {
  return Array.from(payload, digits).join("");
}

/** Bytes of a payload that a row shows at most. */
const PREVIEW = 240;

/** One line of a payload, for a row. */
export function preview(payload: Uint8Array): string {
  if (payload.length === 0) return "(empty)";
  // A sequence that the cut has broken is no sign of a binary payload, so the decoder is left to wait for more.
  const text = decode(payload.subarray(0, PREVIEW), payload.length > PREVIEW);
  if (text === undefined || hasControls(text)) return `(binary, ${size(payload.length)})`;
  return withVisibleControls(text.replace(/\s+/g, " "));
}

/** For instance `1.4 kB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Decodes strictly, and keeps a byte order mark, which is a part of the payload. */
function decode(bytes: Uint8Array, stream = false): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
  return /[\u0000-\u0008\u000e-\u001f]/.test(text);
}

/** Bytes that a dump shows at most. */
const DUMP = 4_096;

function dump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, DUMP); at += 16) {
    const line = Array.from(bytes.subarray(at, Math.min(at + 16, DUMP)), digits);
    lines.push(`${at.toString(16).padStart(4, "0")}  ${line.join(" ")}`);
  }
  if (bytes.length > DUMP) lines.push(`… ${size(bytes.length - DUMP)} more`);
  return lines.join("\n");
}

function digits(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
