import { userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { aptGet } from "../../toolchain/apt.ts";
import { cacheFolder, entryName, findEntry, makeEntry } from "../../toolchain/cache.ts";
import { UserError } from "../../toolchain/user-error.ts";

/** The oldest Python that the example runs on. */
const PYTHON_FLOOR = "3.11";
const folder = import.meta.dirname;
const requirements = ["requirements.txt", "requirements-check.txt"].map((name) => join(folder, name));

/**
 * Gives the Python of a virtual environment with the example's pinned packages, made once on a machine.
 *
 * @throws UserError where Python is missing and cannot be installed, or a package cannot be had
 */
export async function preparePython(): Promise<string> {
  const version = await pythonVersion();
  const name = await entryName({ name: "django-python", version, sources: requirements });
  const made = await findEntry(cacheFolder(), name);
  return join(made ?? (await makeEntry(cacheFolder(), name, makeEnvironment)), "bin/python");
}

async function pythonVersion(): Promise<string> {
  if (!(await hasVenv())) await installPackages(["python3", "python3-venv"]);
  const { stdout } = await execa("python3", ["-c", "import platform; print(platform.python_version())"]);
  const [major = 0, minor = 0] = stdout.split(".").map(Number);
  if (major === 3 && minor >= 11) return stdout;
  throw new UserError(`python3 is ${stdout}; the example needs ${PYTHON_FLOOR} or newer, first in the PATH.`);
}

async function hasVenv(): Promise<boolean> {
  const { exitCode } = await execa("python3", ["-c", "import venv, ensurepip"], { reject: false });
  return exitCode === 0;
}

/** Installs Debian packages, which only root may. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  if (userInfo().uid !== 0) {
    throw new UserError(
      `${packages.join(" and ")} are missing: run \`sudo apt-get install ${packages.join(" ")}\`.`,
    );
  }
  await aptGet(["update"], () => undefined);
  await aptGet(["install", "-y", "--no-install-recommends", ...packages], () => undefined);
}

async function makeEnvironment(environment: string): Promise<void> {
  await execa("python3", ["-m", "venv", environment]);
  const files = requirements.flatMap((file) => ["-r", file]);
  const pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", ...files];
  const { exitCode, stderr } = await execa(join(environment, "bin/python"), pip, { reject: false });
  if (exitCode !== 0) throw new UserError(`pip cannot install the example's packages. It said:\n${stderr}`);
}
