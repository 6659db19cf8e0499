// Brings node_modules in line with package-lock.json; plain JavaScript without dependencies, for start.mjs.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endLike, finish } from "./child-process.mjs";

/** The project's folder. */
export const project = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(project, "node_modules");
/** Where packages are installed before they are moved into place; a folder for each run. */
const STAGING = join(project, ".state", "npm");
/** Holds the lockfile's hash; inside node_modules, so that whoever replaces that folder removes it too. */
const MARK = ".installed-from";

/** An error that is a sentence for the user. */
export class StartError extends Error {}

/**
 * Whether node_modules holds what package-lock.json says; under a millisecond after our own installation, and some
 * after an `npm ci` by hand, which leaves no mark.
 */
export function isInstalled() {
  try {
    const mark = readMark();
    return mark === undefined ? isInstalledByHand() : mark === lockHash(project);
  } catch {
    return false;
  }
}

function readMark() {
  try {
    return readFileSync(join(modules, MARK), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Compares npm's own list, which it writes last, with the lockfile; packages for other machines may be missing. */
function isInstalledByHand() {
  const there = readPackages(join(modules, ".package-lock.json"));
  return Object.entries(readPackages(join(project, "package-lock.json"))).every(([path, wanted]) => {
    if (path === "") return true;
    const found = there[path];
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function lockHash(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  return createHash("sha256").update(lock).digest("hex");
}

/**
 * Installs into a folder of this run's own and moves the result into place with one rename: what is
 * interrupted is never taken for done, and of two runs at once the second finds the first one's work.
 *
 * @throws StartError if the registry, the folder or the lockfile doesn't allow it
 */
export async function installPackages() {
  const endProgress = announceInstall();
  try {
    removeAbandoned();
    for (const folder of [dirname(STAGING), STAGING]) makeFolder(folder);
    const staging = mkdtempSync(join(STAGING, `${process.pid}-`));
    try {
      for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
        cpSync(join(project, file), join(staging, file), { force: true });
      }
      await npmCi(staging);
      writeFileSync(join(staging, "node_modules", MARK), lockHash(staging));
      moveIntoPlace(staging);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    endProgress("done");
  } catch (error) {
    endProgress("failed");
    throw error instanceof StartError ? error : explainFolder(error);
  }
}

function moveIntoPlace(staging) {
  for (let attempt = 1; !isInstalled(); attempt += 1) {
    try {
      renameSync(modules, join(staging, `replaced-${attempt}`));
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    try {
      renameSync(join(staging, "node_modules"), modules);
      return;
    } catch (error) {
      // Another run was first; if its packages are of the same lockfile, they serve us as well.
      if (!["ENOTEMPTY", "EEXIST"].includes(error.code) || attempt === 3) throw error;
    }
  }
}

/** Removes what runs left behind that were killed; their folders are named after their process. */
function removeAbandoned() {
  for (const name of listFolder(STAGING)) {
    if (!isRunning(Number.parseInt(name, 10))) rmSync(join(STAGING, name), { recursive: true, force: true });
  }
}

/** Not `recursive`, with which Node reports a read-only disk as a file that is missing. */
function makeFolder(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Says at once what happens; then a live line on a terminal, or a line every 15 s in a pipe. */
function announceInstall() {
  const started = Date.now();
  const live = process.stderr.isTTY === true;
  const title = "Installing the npm packages of package-lock.json (npm ci)";
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  process.stderr.write(`${title} …${live ? "" : "\n"}`);
  const timer = setInterval(
    () => process.stderr.write(live ? `\r\x1b[2K${title} … ${seconds()}` : `${title} … ${seconds()}\n`),
    live ? 1_000 : 15_000,
  );
  return (how) => {
    clearInterval(timer);
    process.stderr.write(`${live ? "\r\x1b[2K" : ""}${title}: ${how}, ${seconds()}\n`);
  };
}

/** Runs `npm ci`; its output is only shown if it fails. Install scripts stay off, whatever npm's version. */
async function npmCi(folder) {
  const cli = process.env.npm_execpath ?? "";
  const [command, first] = cli.endsWith("npm-cli.js") ? [process.execPath, [cli]] : ["npm", []];
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  const npm = spawn(command, [...first, "ci", "--prefer-offline", ...quiet], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const end = await finish(npm);
  // npm turns a Ctrl-C into an exit code of its own; it is the user's wish all the same, not a failure.
  const signal = end.signal ?? end.received;
  if (signal) await endLike({ signal }, () => rmSync(folder, { recursive: true, force: true }));
  if (end.error?.code === "ENOENT") {
    throw new StartError(
      "There is no npm beside Node.js here: install it, it is part of https://nodejs.org.",
    );
  }
  if (end.code !== 0) throw new StartError(explainNpm(output));
}

/** The sentence for a failed `npm ci`. */
function explainNpm(output) {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? "";
  const words = output
    .trim()
    .split("\n")
    .filter((line) => !/complete log|debug-0\.log/.test(line))
    .slice(-12)
    .join("\n  ");
  if (/^(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|E\w+UNREACH|ERR_SOCKET_TIMEOUT)$/.test(code)) {
    return `The npm registry can't be reached (${code}): check the network and \`npm config get registry\`, then run this again.`;
  }
  if (code === "EUSAGE") {
    return "package-lock.json does not fit package.json: run `npm install --ignore-scripts --package-lock-only` and this again.";
  }
  if (/^(EACCES|EPERM|EROFS|ENOSPC)$/.test(code)) {
    const path = /npm (?:error|ERR!) path (.+)/.exec(output)?.[1] ?? project;
    return explainFolder({ code, path: path.startsWith(STAGING) ? project : path }).message;
  }
  return `npm ci failed${code === "" ? "" : ` (${code})`}; it said:\n  ${words}`;
}

/** The sentence for a folder that packages can't be put into; any other error stays what it is. */
function explainFolder(error) {
  const place = error.path ?? project;
  const sentences = {
    ENOSPC: `There is no space left for the npm packages in ${place}: about 400 MB are needed. Make room and run this again.`,
    EACCES: `${place} can't be written by this user: run \`sudo chown -R $(id -u) ${place}\` and this again.`,
    EPERM: `${place} can't be written by this user: run \`sudo chown -R $(id -u) ${place}\` and this again.`,
    EROFS: `${place} can't be written, its disk is read-only: copy the project to one that isn't and run this there.`,
    EBUSY: `${modules} can't be replaced, as it is a mount of its own: unmount it and run this again.`,
  };
  const sentence = sentences[error.code];
  return sentence === undefined ? error : new StartError(sentence);
}
