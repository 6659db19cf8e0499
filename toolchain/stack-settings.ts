import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { replaceFile } from "./replaced-file.ts";

/**
 * Runs Pulumi and then takes out of the project's `Pulumi.STACK.yaml` files what it has added for itself.
 *
 * On a passphrase backend Pulumi writes `encryptionsalt` into the stack's settings, tied to the passphrase, and
 * with it all scalars anew. A file that is committed would be changed by the first `up` in every clone, and
 * with one clone's salt refuse the other's passphrase. The state holds the salt too, and Pulumi takes it from
 * there (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER), so the file needs none.
 *
 * A salt that a killed run has left is taken out first, unless a secret in the file may need it: committed, it would have
 * every other clone's passphrase refused. A file whose settings are the same as before gets its old bytes back; one that held nothing but the salt is
 * removed; one that `pulumi config set` has changed keeps the change. For the project's own backend only: in a
 * user's own, the salt is theirs to keep.
 *
 * @param stack the one whose file it is about, as another's may be changed by its user meanwhile; @default all
 */
export async function keepSettings<Result>(
  projectFolder: string,
  run: () => Promise<Result>,
  stack?: string,
): Promise<Result> {
  const before = new Map<string, string>();
  for (const [file, text] of await readSettings(projectFolder, stack)) {
    const usable = withoutStaleSalt(text);
    if (usable !== text) await replaceFile(file, usable);
    before.set(file, usable);
  }
  try {
    return await run();
  } finally {
    const after = await readSettings(projectFolder, stack);
    for (const [file, text] of after) await restore(file, text, before.get(file));
  }
}

/** Takes out a salt that nothing in the file was encrypted with. */
function withoutStaleSalt(text: string): string {
  return /(^\s+|[{,]\s*)"?secure"?:/m.test(text) ? text : withoutSaltLine(text);
}

/** A settings file's text without Pulumi's salt. */
export function withoutSaltLine(text: string): string {
  return text.replace(SALT, "");
}

async function restore(file: string, text: string, before: string | undefined): Promise<void> {
  const kept = settingsToKeep(text, before);
  if (kept === undefined) await rm(file, { force: true });
  else if (kept !== text) await replaceFile(file, kept);
}

/**
 * What a settings file should hold after Pulumi wrote it.
 *
 * @param before the text before the run; undefined if there was none.
 * @returns the text; undefined if there should be no file.
 */
export function settingsToKeep(text: string, before: string | undefined): string | undefined {
  if (text === before || !SALT.test(text)) return text;
  if (before !== undefined && areSame(text, before)) return withoutSaltLine(before);
  const kept = withoutSaltLine(text);
  return before === undefined && kept.trim() === "" ? undefined : kept;
}

/** The two texts that were compared last: every call of the CLI writes the same, and 10,000 users take a second to read. */
let compared: { readonly text: string; readonly before: string; readonly same: boolean } | undefined;

/** Whether two texts are the same settings but for the salt. */
function areSame(text: string, before: string): boolean {
  if (compared?.text !== text || compared.before !== before) {
    compared = { text, before, same: isDeepStrictEqual(withoutSalt(text), withoutSalt(before)) };
  }
  return compared.same;
}

const SALT = /^encryptionsalt:.*\n?/m;

/** The settings as Pulumi understands them, where a number and the text of it are the same. */
function withoutSalt(text: string): unknown {
  // Without a look at each key for another of its name, which Pulumi has had.
  const options = { uniqueKeys: false };
  const settings = (parse(text, (_, value: unknown) => asText(value), options) ?? {}) as Record<
    string,
    unknown
  >;
  const { encryptionsalt: _, ...rest } = settings;
  return rest;
}

function asText(value: unknown): unknown {
  return typeof value === "object" ? value : String(value);
}

async function readSettings(
  projectFolder: string,
  stack: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(projectFolder)).filter((name) => {
    const of = /^Pulumi\.(.+)\.ya?ml$/.exec(name)?.[1];
    return of !== undefined && of === (stack ?? of);
  });
  const files = names.map((name) => join(projectFolder, name));
  const texts = await Promise.all(files.map(async (file) => [file, await readIfThere(file)] as const));
  return new Map(texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text]])));
}

/** Another stack's run, side by side with this one, may have taken its file away since it was listed. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
