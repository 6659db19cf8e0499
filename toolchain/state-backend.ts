import { randomBytes, randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { explainFileError } from "./file-error.ts";
import { pulumiHome } from "./pulumi-plugins.ts";
import { pruneStateCopies } from "./state-copies.ts";
import { UserError } from "./user-error.ts";

/** Where Pulumi keeps the state of stacks, and what encrypts the secrets in it. */
export interface Backend {
  /** What has to be added to the process's environment for every call of the CLI; nothing if the user chose. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the state is, for people. */
  readonly description: string;
  /** Whether it is the project's own folder, so that no file of the project has to remember its key. */
  readonly own: boolean;
  /** What the user has to know once, when the passphrase was made just now. */
  readonly notice?: string;
}

export interface BackendOptions {
  readonly projectFolder: string;
  /** @default the process's own */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The folder of the project that git ignores, and the passphrase's name in it. */
const STATE = ".state";
const PASSPHRASE = "passphrase";

/**
 * Takes the backend that the user has chosen, or else the git-ignored folder `.state` of the project.
 *
 * A choice is PULUMI_BACKEND_URL, `backend` in Pulumi.yaml, PULUMI_ACCESS_TOKEN, or a log-in. The folder's
 * secrets are encrypted with the user's PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or else
 * with 32 random bytes that are made at first use; both are readable by their owner alone.
 *
 * @throws UserError if the passphrase is lost while there are stacks, others can read it, or the folder is another user's.
 */
export async function prepareBackend({
  projectFolder,
  environment = process.env,
}: BackendOptions): Promise<Backend> {
  const chosen = await findChosen(projectFolder, environment);
  if (chosen) return Object.freeze({ environment: Object.freeze({}), description: chosen, own: false });
  const folder = join(projectFolder, STATE);
  try {
    return await prepareOwn(folder, environment);
  } catch (error) {
    throw explainFileError(error, {
      path: folder,
      need: "the state of the stacks takes some megabytes",
      elsewhere: "choose another place with PULUMI_BACKEND_URL",
    });
  }
}

async function prepareOwn(folder: string, environment: NodeJS.ProcessEnv): Promise<Backend> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700); // also if it was there, made by something less careful
  await requireStacks(folder);
  await pruneStateCopies(folder);
  const own = {
    PULUMI_BACKEND_URL: pathToFileURL(folder).href,
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
  };
  const description = `in ${folder}`;
  if ("PULUMI_CONFIG_PASSPHRASE" in environment || environment.PULUMI_CONFIG_PASSPHRASE_FILE) {
    return Object.freeze({ environment: Object.freeze(own), description, own: true });
  }
  const passphrase = join(folder, PASSPHRASE);
  const made = await ensurePassphrase(passphrase, folder);
  return Object.freeze({
    environment: Object.freeze({ ...own, PULUMI_CONFIG_PASSPHRASE_FILE: passphrase }),
    description,
    own: true,
    ...(made ? { notice: noticeOf(passphrase) } : {}),
  });
}

function noticeOf(passphrase: string): string {
  return (
    `Made ${passphrase}: without it the stacks' secrets can't be read and the stacks can't be updated any more, ` +
    "so keep a copy in a safe place."
  );
}

async function findChosen(
  projectFolder: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: token } = environment;
  if (url) return `at ${withoutCredentials(url)}, as PULUMI_BACKEND_URL says`;
  const project = parse(await readIfThere(join(projectFolder, "Pulumi.yaml"))) as {
    backend?: { url?: string };
  } | null;
  if (project?.backend?.url) return `at ${withoutCredentials(project.backend.url)}, as Pulumi.yaml says`;
  const home = pulumiHome(environment);
  const file = join(home, "credentials.json");
  const credentials = await readIfThere(file).catch((error: unknown) => {
    const elsewhere = "set PULUMI_HOME to another folder";
    throw explainFileError(error, { path: home, need: "Pulumi's plugins take 600 MB", elsewhere });
  });
  const current = readCurrent(credentials, file);
  if (current) return `at ${withoutCredentials(current)}, where you are logged in`;
  return token ? "at Pulumi Cloud, as PULUMI_ACCESS_TOKEN says" : undefined;
}

function readCurrent(credentials: string, file: string): string | undefined {
  if (credentials.trim() === "") return undefined;
  try {
    return (JSON.parse(credentials) as { current?: string }).current;
  } catch {
    throw new UserError(
      `${file} is not JSON, so it can't be told where you are logged in: run pulumi logout --all, or mend it.`,
    );
  }
}

/** @returns whether it was made just now */
async function ensurePassphrase(passphrase: string, folder: string): Promise<boolean> {
  const found = await stat(passphrase).catch(() => undefined);
  if (!found) {
    await refuseIfStacks(passphrase, folder);
    return create(passphrase);
  }
  if (platform() !== "win32" && (found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
    throw new UserError(
      `${passphrase} has mode ${mode}, so others on this machine can read the stacks' secrets: run chmod 600 ${passphrase}`,
    );
  }
  if ((await readFile(passphrase, "utf8")).trim() === "") {
    throw new UserError(
      `${passphrase} is empty, so it encrypts nothing: put your copy of it back, or remove it if there is no stack.`,
    );
  }
  return false;
}

async function refuseIfStacks(passphrase: string, folder: string): Promise<void> {
  const stacks = await listStacks(folder);
  if (stacks.length === 0) return;
  throw new UserError(
    `${passphrase} is missing, and without it the secrets of ${stacks.join(", ")} can't be read: put your copy of it back, ` +
      `or give up these stacks with rm -r ${join(folder, ".pulumi")} (their containers and volumes stay).`,
  );
}

/** Writes beside it and links into place, so that a file is never there in part, and a second run finds it. */
async function create(passphrase: string): Promise<boolean> {
  const draft = `${passphrase}.${randomUUID()}`;
  await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  try {
    await link(draft, passphrase);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Pulumi takes what it can't read for missing, so that a stack of another user's would seem not to be there. */
async function requireStacks(folder: string): Promise<void> {
  for (const file of await listFiles(folder)) {
    const handle = await open(file, "r+").catch(ignoreMissing);
    await handle?.close();
  }
}

/** The stacks in the backend, as `project/stack`. */
async function listStacks(folder: string): Promise<readonly string[]> {
  return (await listFiles(folder))
    .map((file) => relative(stacksIn(folder), file).replace(/\.json(\.gz)?$/, ""))
    .sort();
}

/** Pulumi has a file for each stack in `.pulumi/stacks/PROJECT`. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const options = { recursive: true, withFileTypes: true } as const;
  const files = (await readdir(stacksIn(folder), options).catch(ignoreMissing)) ?? [];
  return files
    .filter((file) => file.isFile() && /\.json(\.gz)?$/.test(file.name))
    .map((file) => join(file.parentPath, file.name));
}

function stacksIn(folder: string): string {
  return join(folder, ".pulumi", "stacks");
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function readIfThere(file: string): Promise<string> {
  return (await readFile(file, "utf8").catch(ignoreMissing)) ?? "";
}

/** A backend's address can carry a password or keys. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//").replace(/\?.*$/, "");
}
