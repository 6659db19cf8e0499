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
  const wanted = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).engines.node;
  const floor = wanted.replace(/^\D+/, "").split(".").map(Number);
  const given = process.versions.node.split(".").map(Number);
  const place = floor.findIndex((number, index) => given[index] !== number);
  if (place === -1 || given[place] > floor[place]) return;
  throw new StartError(
    `This is Node.js ${process.versions.node}, and ${wanted} is needed: install a newer one from https://nodejs.org and run this again.`,
  );
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
