// The entry of every npm command: `node toolchain/start.mjs COMMAND ARGS…`. Plain JavaScript that needs
// nothing but Node, since it is what brings the npm packages in; then it hands over to commands/main.ts.
// The child keeps the caller's working folder; under `npm run` that is the project's, and INIT_CWD the caller's.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endLike, finish } from "./child-process.mjs";
import { installPackages, isInstalled, project, StartError } from "./npm-packages.mjs";

try {
  requireNode();
  if (!isInstalled()) {
    if (process.argv.includes("--no-install")) {
      throw new StartError(
        "The npm packages are not installed, and --no-install forbids it: run npm ci first.",
      );
    }
    await installPackages();
  }
  await runCommand();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
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

async function runCommand() {
  const loader = import.meta.resolve("tsx/esm");
  const main = join(project, "commands", "main.ts");
  const child = spawn(process.execPath, ["--import", loader, main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  const end = await finish(child);
  if (end.error) throw end.error;
  await endLike(end);
}
