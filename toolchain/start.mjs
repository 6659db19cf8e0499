// The entry of every npm command: `node toolchain/start.mjs COMMAND ARGS…`. Plain JavaScript that needs
// nothing but Node, since it is what brings the npm packages in; then it hands over to commands/main.ts.
// The child keeps the caller's working folder; under `npm run` that is the project's, and INIT_CWD the caller's.
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

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(project, "node_modules");
/** Holds the lockfile's hash; inside node_modules, so that whoever replaces that folder removes it too. */
const MARK = ".installed-from";
/** Where packages are installed before they are moved into place; a folder for each run. */
const STAGING = join(project, ".state", "npm");

/** An error that is a sentence for the user. */
class StartError extends Error {}

try {
  requireNode();
  if (!isInstalled()) await installPackages();
  await runCommand();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

function requireNode() {
  const wanted = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).engines.node;
  const floor = wanted.replace(/^\D+/, "").split(".").map(Number);
  const given = process.versions.node.split(".").map(Number);
  const place = floor.findIndex((number, index) => given[index] !== number);
  if (place === -1 || given[place] > floor[place]) return;
  throw new StartError(
    `This is Node.js ${process.versions.node}, and ${wanted} is needed: install a newer one from https://nodejs.org and run this again.`,
  );
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
}

function isInstalled() {
  try {
    return readFileSync(join(modules, MARK), "utf8") === lockHash();
  } catch {
    return false;
  }
}

/**
 * Installs into a folder of this run's own and moves the result into place with one rename: what is
 * interrupted is never taken for done, and of two runs at once the second finds the first one's work.
 */
async function installPackages() {
  const endProgress = announceInstall();
  try {
    removeAbandoned();
    for (const folder of [dirname(STAGING), STAGING]) makeFolder(folder);
    const staging = mkdtempSync(join(STAGING, `${process.pid}-`));
    try {
      for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
        cpSync(join(project, file), join(staging, file), { force: true });
      }
      const hash = createHash("sha256")
        .update(readFileSync(join(staging, "package-lock.json")))
        .digest("hex");
      await npmCi(staging);
      writeFileSync(join(staging, "node_modules", MARK), hash);
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
    mkdirSync(folder);
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
  const retries = ["--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"];
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  const npm = spawn(command, [...first, "ci", "--prefer-offline", ...quiet, ...retries], {
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
  if (
    /^(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|UND_ERR\w*)$/.test(
      code,
    )
  ) {
    return `The npm registry can't be reached (${code}): check the network and \`npm config get registry\`, then run this again.`;
  }
  if (code === "EUSAGE") {
    return "package-lock.json does not fit package.json: run `npm install --ignore-scripts --package-lock-only` and this again.";
  }
  if (/^(EACCES|EPERM|EROFS|ENOSPC)$/.test(code)) return explainFolder({ code, path: project }).message;
  return `npm ci failed${code === "" ? "" : ` (${code})`}; it said:\n  ${words}`;
}

/** The sentence for a folder that packages can't be put into; any other error stays what it is. */
function explainFolder(error) {
  const place = error.path ?? project;
  const sentences = {
    ENOSPC: `There is no space left for the npm packages in ${project}: about 400 MB are needed. Make room and run this again.`,
    EACCES: `${place} can't be written by this user: run \`sudo chown -R $(id -u) ${project}\` and this again.`,
    EPERM: `${place} can't be written by this user: run \`sudo chown -R $(id -u) ${project}\` and this again.`,
    EROFS: `${place} can't be written, its disk is read-only: copy the project to one that isn't and run this there.`,
    EBUSY: `${modules} can't be replaced, as it is a mount of its own: unmount it and run this again.`,
  };
  const sentence = sentences[error.code];
  return sentence === undefined ? error : new StartError(sentence);
}

async function runCommand() {
  const loader = import.meta.resolve("tsx");
  const main = join(project, "commands", "main.ts");
  const child = spawn(process.execPath, ["--import", loader, main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  const end = await finish(child);
  if (end.error) throw end.error;
  await endLike(end);
}

/**
 * Waits for a child and passes signals on to it. A terminal sends Ctrl-C to the child as well, so it is
 * not passed on there: a second one would make Pulumi give up at once.
 */
function finish(child) {
  const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
  let received;
  const forward = (signal) => {
    received = signal;
    if (!(signal === "SIGINT" && terminal)) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve) => {
    const done = (end) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(end);
    };
    child.once("error", (error) => done({ error }));
    child.once("close", (code, signal) => done({ code, signal, received }));
  });
}

/** Ends this process as the child ended: by the same signal, or with the same exit code. */
async function endLike(end, tidy = () => undefined) {
  tidy();
  if (!end.signal) {
    process.exitCode = end.code;
    return;
  }
  process.kill(process.pid, end.signal);
  // The signal arrives in a moment; nothing else of ours may run until then.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
}
