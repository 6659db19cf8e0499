// The entry of every npm command: `node toolchain/start.mjs COMMAND ARGS…`. Plain JavaScript that needs
// nothing but Node, since it is what brings the npm packages in; then it goes on with commands/main.ts, bundled.
// The working folder stays the caller's; under `npm run` that is the project's, and INIT_CWD the caller's.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { installPackages, isInstalled, project, StartError } from "./npm-packages.mjs";

// Node.js 22 and newer keep compiled code of programs that ask for it, such as npm, in a folder that all users share.
process.env.NODE_DISABLE_COMPILE_CACHE = "1";

const main = await prepare();
if (main !== undefined) {
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(main).href);
}

/** @returns the path of the command's module; none where it can't be had, which the user was told then */
async function prepare() {
  try {
    requireNode();
    await requirePackages();
    return await bundle("commands/main.ts");
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

async function requirePackages() {
  if (isInstalled()) return;
  // npm hands --no-install over as a variable where no -- stands before it, which commands/main.ts refuses later.
  if (process.argv.includes("--no-install") || process.env.npm_config_install !== undefined) {
    throw new StartError(
      "The npm packages are not installed, and --no-install forbids it: run npm ci first.",
    );
  }
  await installPackages();
}

function requireNode() {
  const { node } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).engines;
  const ranges = node.split(" || ").map(readRange);
  const given = process.versions.node.split(".").map(Number);
  if (ranges.some((range) => isWithin(given, range))) return;
  const allowed = ranges.map(({ floor: [major, minor], major: only }) =>
    only ? `${major}.${minor} or a later ${major}` : `${major}.${minor} or newer`,
  );
  throw new StartError(
    `This is Node.js ${process.versions.node}, and allowed are ${allowed.join(", ")}: install one from https://nodejs.org and run this again.`,
  );
}

/** A range as package.json has them: `^20.19.0` is of one major version, `>=24.0.0` is of all that follow. */
function readRange(text) {
  return { major: text.startsWith("^"), floor: text.replace(/^\D+/, "").split(".").map(Number) };
}

function isWithin(version, { major, floor }) {
  if (major && version[0] !== floor[0]) return false;
  const place = floor.findIndex((number, index) => version[index] !== number);
  return place === -1 || version[place] > floor[place];
}
