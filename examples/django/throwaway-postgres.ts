import { access, chmod, chown, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { installPackages } from "./python-environment.ts";

/** Where Debian and Ubuntu put the programs of each version. */
const DEBIAN_FOLDER = "/usr/lib/postgresql";
const NAME = "naboom";

/** A PostgreSQL server for tests: a cluster of its own in a temporary folder, on a socket in there. */
export class ThrowawayPostgres {
  readonly #programs: string;
  readonly #folder: string;

  private constructor(programs: string, folder: string) {
    this.#programs = programs;
    this.#folder = folder;
  }

  /** Makes a cluster with one empty database and starts it; only who owns the folder can reach it. */
  static async start(): Promise<ThrowawayPostgres> {
    const programs = await findPrograms();
    const folder = await mkdtemp(join(tmpdir(), "naboom-postgres-"));
    await chmod(folder, 0o700);
    // The server refuses to run as root.
    if (isRoot()) await chown(folder, await idOf("-u"), await idOf("-g"));
    const postgres = new ThrowawayPostgres(programs, folder);
    await postgres.#run("initdb", ["-D", postgres.#data, "-A", "trust", "-U", NAME, "-E", "UTF8"]);
    await postgres.resume();
    await postgres.#run("createdb", ["-h", folder, "-U", NAME, NAME]);
    return postgres;
  }

  /** What the example's settings read. */
  get environment(): Readonly<Record<string, string>> {
    return { POSTGRES_DB: NAME, POSTGRES_USER: NAME, POSTGRES_HOST: this.#folder };
  }

  /** Runs SQL and gives the values, one row a line, columns parted by `|`. */
  async query(sql: string): Promise<string> {
    const { stdout } = await execa("psql", ["-XAtq", "-h", this.#folder, "-U", NAME, "-c", sql, NAME], {
      preferLocal: true,
      localDir: this.#programs,
      env: { PATH: `${this.#programs}:${process.env.PATH}` },
    });
    return stdout;
  }

  /** Ends it as a failure would, without a word to its clients. */
  async crash(): Promise<void> {
    await this.#run("pg_ctl", ["-D", this.#data, "-m", "immediate", "-w", "stop"]);
  }

  async resume(): Promise<void> {
    const log = join(this.#folder, "log");
    const options = `-c listen_addresses='' -k ${this.#folder}`;
    await this.#run("pg_ctl", ["-D", this.#data, "-l", log, "-o", options, "-w", "start"]);
  }

  async remove(): Promise<void> {
    await this.crash().catch(() => undefined);
    // The folder is another user's: the command follows no link that is put into it meanwhile.
    await execa("rm", ["-rf", this.#folder]);
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const command = [join(this.#programs, program), ...args];
    const [file = "", ...rest] = isRoot() ? ["runuser", "-u", "postgres", "--", ...command] : command;
    // Its own output goes nowhere: a server that inherits a pipe keeps it open.
    await execa(file, rest, { cwd: "/", stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  }
}

/** The folder of the newest installed version's programs; installed if there is none. */
async function findPrograms(): Promise<string> {
  const found = await newestPrograms();
  if (found !== undefined) return found;
  await installPackages(["postgresql"]);
  const installed = await newestPrograms();
  if (installed === undefined) throw new Error(`postgresql was installed, but is not in ${DEBIAN_FOLDER}`);
  return installed;
}

async function newestPrograms(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN_FOLDER).catch(() => []);
  for (const version of versions.toSorted((a, b) => Number(b) - Number(a))) {
    const programs = join(DEBIAN_FOLDER, version, "bin");
    const there = await access(join(programs, "initdb")).then(
      () => true,
      () => false,
    );
    if (there) return programs;
  }
  return undefined;
}

function isRoot(): boolean {
  return userInfo().uid === 0;
}

async function idOf(flag: "-u" | "-g"): Promise<number> {
  return Number((await execa("id", [flag, "postgres"])).stdout);
}
