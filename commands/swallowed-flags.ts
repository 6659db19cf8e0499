import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { projectFolder } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";
import { shellWord } from "./shell-word.ts";

/** A call of a command, as npm hands it over. */
export interface Call {
  /** What stands after the command's name, without the flags that npm has kept. */
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Flags that npm has itself, so that `npm_config_…` may also come from a `.npmrc`. */
const NPMS_OWN: ReadonlySet<string> = new Set(["yes", "json", "force", "only"]);

/**
 * Refuses a call of which npm has kept a flag that is meant for the command: `npm run rotate all --stack=prod`, without `--`,
 * would act on the stack dev. npm 10 and 11 hand such a flag over as `npm_config_stack`, and leave the value behind
 * as a word where it follows a blank.
 *
 * @throws UserError with the command that hands the flags over
 */
export function refuseSwallowedFlags(program: Command, name: string | undefined, call: Call): void {
  const command = program.commands.find((known) => known.name() === name);
  // What a command of npm's starts has its variables too, though it is called without npm.
  if (command === undefined || call.environment.npm_lifecycle_event !== name) return;
  const kept = keptFlags(program, command, call);
  if (kept.length === 0) return;
  const { flags, words } = handOver(kept, call.words);
  const shown = [...flags, ...words].map((word) => (/^[A-Z]+$/.test(word) ? word : shellWord(word)));
  const own = kept.find(({ option }) => NPMS_OWN.has(variableName(option)));
  throw new UserError(
    `npm has kept ${kept.map(({ option }) => option.long).join(" and ")} for itself, as it does with every flag before --, ` +
      `so nothing was done: npm run ${name} -- ${shown.join(" ")}` +
      (own === undefined
        ? ""
        : `, or unset npm_config_${variableName(own.option)} if that is where it came from`),
  );
}

interface KeptFlag {
  readonly option: Option;
  /** `true` where npm was given none, or has left it behind as a word; empty for a flag that begins with `--no-`. */
  readonly value: string;
}

function keptFlags(program: Command, command: Command, call: Call): readonly KeptFlag[] {
  const foreign = program.commands.flatMap(({ options }) => options).filter((option) => !isNpmsOwn(option));
  const options = new Map([...foreign, ...command.options].map((option) => [variableName(option), option]));
  return Object.entries(call.environment).flatMap(([variable, value = ""]) => {
    const given = /^npm_config_(.+)$/i.exec(variable)?.[1]?.toLowerCase();
    const option = given === undefined ? undefined : [...options.values()].find((one) => isMeant(one, given));
    if (option === undefined || (isNpmsOwn(option) && !isFromCommandLine(option, value, call))) return [];
    return [{ option, value }];
  });
}

function isNpmsOwn(option: Option): boolean {
  return NPMS_OWN.has(variableName(option));
}

/** How npm writes an option in a variable's name: `keep_data`; `install` for `--no-install`. */
function variableName({ long }: Option): string {
  return (long ?? "").replace(/^--(no-)?/, "").replaceAll("-", "_");
}

/** Whether a flag was meant, be it cut short or with one wrong letter; npm has no flag of its own that is so near. */
function isMeant(option: Option, given: string): boolean {
  const name = variableName(option);
  if (given === name) return true;
  if (isNpmsOwn(option)) return false;
  const [long, short] = [name, given].map((text) => text.replaceAll("_", "")) as [string, string];
  return short.length >= 3 && (long.startsWith(short) || (long.length >= 5 && isOneLetterOff(long, short)));
}

/** Whether a letter was left out, put in, or is another. */
function isOneLetterOff(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  const same = [...one].findIndex((letter, index) => letter !== other[index]);
  const at = same === -1 ? one.length : same;
  const rests = [one.slice(at), one.slice(at + 1)].flatMap((rest) => [
    rest === other.slice(at),
    rest === other.slice(at + 1),
  ]);
  return rests.some(Boolean);
}

function isFromCommandLine(option: Option, value: string, { words, environment }: Call): boolean {
  if (value !== "true" || words.includes(option.long ?? "")) return false;
  const files = [environment.npm_config_userconfig, environment.npm_config_globalconfig];
  const setting = new RegExp(`^\\s*${variableName(option)}\\s*(=\\s*["']?true|$)`, "m");
  return ![...files, join(projectFolder, ".npmrc")].some(
    (file) => file !== undefined && existsSync(file) && setting.test(readFileSync(file, "utf8")),
  );
}

/** The flags with their values, and the words without those that are values. */
function handOver(kept: readonly KeptFlag[], words: readonly string[]) {
  const left = [...words];
  const flags = kept.flatMap(({ option, value }) => {
    const { long = "" } = option;
    if (!option.required) return [long];
    if (value !== "true" && value !== "") return [long, value];
    const candidates = left.filter((word) => mayBeValue(option, word));
    // Where more than one word may be meant, that is for the user to say.
    if (candidates.length !== 1) return [long, long.slice(2).replaceAll("-", "").toUpperCase()];
    return [long, ...left.splice(left.indexOf(candidates[0] ?? ""), 1)];
  });
  return { flags, words: left };
}

function mayBeValue({ argChoices, long }: Option, word: string): boolean {
  if (word.startsWith("-")) return false;
  if (argChoices !== undefined) return argChoices.includes(word);
  return long !== "--stack" || existsSync(join(projectFolder, `Pulumi.${word}.yaml`));
}
