import { shellText } from "./shell-text.ts";

/** The command that sets a value, which a shell takes as it is given, in a stack's config. */
export function setCommand(stack: string, path: string, value: string | number): string {
  return `${pulumiCommand(stack)} config set --path ${shownText(path)} ${value}`;
}

/** The command that sets a text, whatever it is: it is quoted, and taken for no number, truth value or option. */
export function setTextCommand(stack: string, path: string, text: string): string {
  const type = /^(true|false|-?\d+)$/.test(text) ? "--type string " : "";
  const end = text.startsWith("-") ? "-- " : "";
  const word = isPlain(text) ? text : shownText(text);
  return `${pulumiCommand(stack)} config set ${type}--path ${end}${shownText(path)} ${word}`;
}

/** The command that takes a value out of a stack's config. */
export function removeCommand(stack: string, path: string): string {
  return `${pulumiCommand(stack)} config rm --path ${shownText(path)}`;
}

/** How a user calls Pulumi for a stack; arguments of Pulumi follow. */
export function pulumiCommand(stack: string): string {
  return isCallersDefault(stack) ? "npm run pulumi --" : runCommand(stack, "pulumi");
}

/** How a user runs an npm command for a stack, for instance `npm run rotate -- --stack prod users web`. */
export function runCommand(stack: string, command: string, ...args: readonly string[]): string {
  const words = [...(isCallersDefault(stack) ? [] : ["--stack", stack]), ...args];
  return [`npm run ${command}`, ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
}

/** The stack that a command is about where neither `--stack` nor `PULUMI_STACK` names one. */
export const DEFAULT_STACK = "dev";

/** The variable in which `npm run …` hands over the caller's own `PULUMI_STACK`, as it gives Pulumi another. */
export const callerStackVariable = "NABOOM_MQTT_CALLER_STACK";

/** What `PULUMI_STACK` is in the shell that a command will be pasted into; empty where it is not set. */
export function callerStack(): string {
  return process.env[callerStackVariable] ?? process.env.PULUMI_STACK ?? "";
}

/** Whether a command that names no stack is about this one in the caller's shell, and in one without `PULUMI_STACK` too. */
function isCallersDefault(stack: string): boolean {
  return stack === DEFAULT_STACK && [DEFAULT_STACK, ""].includes(callerStack());
}

/** What a shell takes as it stands. */
function isPlain(text: string): boolean {
  return /^[\w./:@%+-][\w./:@%+#-]*$/.test(text);
}

/**
 * A text as one word of a shell, with nothing in it that is not seen.
 *
 * Bytes in octal are what bash, zsh and ksh understand in every locale; only a text that needs them has them.
 */
function shownText(text: string): string {
  if (!HIDDEN.test(text)) return shellText(text);
  const words = [...text].map((character) => {
    if (/['\\]/.test(character)) return `\\${character}`;
    if (!HIDDEN.test(character)) return character;
    return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  });
  return `$'${words.join("")}'`;
}

/** Every character that a person does not see, but for the space: controls, marks of direction, fillers. */
const HIDDEN = /[^\P{C}]|[^\P{Z} ]|\p{Default_Ignorable_Code_Point}/u;

/** A text with what is not seen in it written as `\u200b`, or `\u{e0001}` beyond the first plane. */
export function visible(text: string): string {
  return [...text]
    .map((character) => {
      if (!HIDDEN.test(character)) return character;
      const code = (character.codePointAt(0) ?? 0).toString(16);
      return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    })
    .join("");
}

/** A value as JSON, with what is not seen in it written as `\u200b`. */
export function quoted(value: unknown): string {
  return visible(JSON.stringify(value));
}
