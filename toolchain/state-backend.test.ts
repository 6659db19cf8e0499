import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asPlainUser, giveToPlainUser } from "./plain-user.ts";
import { prepareBackend } from "./state-backend.ts";
import { UserError } from "./user-error.ts";

let projectFolder: string;
let environment: NodeJS.ProcessEnv;
const passphrase = () => join(projectFolder, ".state", "passphrase");
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

beforeEach(async () => {
  projectFolder = await mkdtemp(join(tmpdir(), "naboom state-"));
  environment = { HOME: join(projectFolder, "home") };
});
afterEach(() => rm(projectFolder, { recursive: true }));

const addStack = async () => {
  await mkdir(join(projectFolder, ".state", ".pulumi", "stacks", "naboom-mqtt"), { recursive: true });
  await writeFile(join(projectFolder, ".state", ".pulumi", "stacks", "naboom-mqtt", "dev.json"), "{}");
};
const logIn = async (credentials: string) => {
  await mkdir(join(projectFolder, "home", ".pulumi"), { recursive: true });
  await writeFile(join(projectFolder, "home", ".pulumi", "credentials.json"), credentials);
};
const failure = () => prepareBackend({ projectFolder, environment }).catch((error: unknown) => error);

describe("the project's own backend", () => {
  it("is a folder for its owner alone, with a passphrase of 32 random bytes that is told of once", async () => {
    const first = await prepareBackend({ projectFolder, environment });
    expect(first.environment).toEqual({
      PULUMI_BACKEND_URL: pathToFileURL(join(projectFolder, ".state")).href,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase(),
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    });
    expect(first.notice).toContain("keep a copy in a safe place");
    const made = await readFile(passphrase(), "utf8");
    expect(Buffer.from(made, "base64url")).toHaveLength(32);
    expect(JSON.stringify(first)).not.toContain(made);
    expect(await modeOf(join(projectFolder, ".state"))).toBe(0o700);
    expect(await modeOf(passphrase())).toBe(0o600);
    const second = await prepareBackend({ projectFolder, environment });
    expect(second).toEqual({ environment: first.environment, description: first.description, own: true });
    expect(await readFile(passphrase(), "utf8")).toBe(made);
  });

  it("closes a folder that something less careful has made", async () => {
    await mkdir(join(projectFolder, ".state"), { mode: 0o755 });
    await prepareBackend({ projectFolder, environment });
    expect(await modeOf(join(projectFolder, ".state"))).toBe(0o700);
  });

  it("gets one passphrase from several first runs at once", async () => {
    const runs = Array.from({ length: 5 }, () => prepareBackend({ projectFolder, environment }));
    const told = (await Promise.all(runs)).filter(({ notice }) => notice);
    expect(told).toHaveLength(1);
  });

  it("refuses to go on without the passphrase while there are stacks, and makes no new one", async () => {
    await addStack();
    const error = await failure();
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/passphrase is missing.*naboom-mqtt\/dev.*put your copy/);
    await expect(stat(passphrase())).rejects.toThrow("ENOENT");
  });

  it("refuses a passphrase that others can read, and names the command that mends it", async () => {
    await prepareBackend({ projectFolder, environment });
    await chmod(passphrase(), 0o640);
    const error = await failure();
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(`mode 0640`);
    expect((error as Error).message).toContain(`chmod 600 ${passphrase()}`);
  });

  it("refuses an empty passphrase", async () => {
    await prepareBackend({ projectFolder, environment });
    await writeFile(passphrase(), "\n");
    expect(await failure()).toBeInstanceOf(UserError);
  });

  it.each([{ PULUMI_CONFIG_PASSPHRASE: "" }, { PULUMI_CONFIG_PASSPHRASE_FILE: "/mine" }])(
    "leaves the passphrase to who sets %o, even where stacks are",
    async (own) => {
      await addStack();
      const { environment: added } = await prepareBackend({
        projectFolder,
        environment: { ...environment, ...own },
      });
      expect(Object.keys(added)).toEqual(["PULUMI_BACKEND_URL", "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"]);
      await expect(stat(passphrase())).rejects.toThrow("ENOENT");
    },
  );
});

describe("a backend of the user's", () => {
  const expectChosen = async (description: string) => {
    expect(await prepareBackend({ projectFolder, environment })).toEqual({
      environment: {},
      description,
      own: false,
    });
    await expect(stat(join(projectFolder, ".state"))).rejects.toThrow("ENOENT");
  };

  it("is taken from PULUMI_BACKEND_URL, whose credentials are not told", async () => {
    environment.PULUMI_BACKEND_URL = "postgres://user:hunter2@db.example/state?sslpassword=hunter2";
    await expectChosen("at postgres://db.example/state, as PULUMI_BACKEND_URL says");
  });

  it("is taken from a log-in, in PULUMI_HOME if that is set", async () => {
    await logIn('{"current":"s3://bucket"}');
    await expectChosen("at s3://bucket, where you are logged in");
    environment.PULUMI_HOME = join(projectFolder, "elsewhere");
    expect((await prepareBackend({ projectFolder, environment })).own).toBe(true);
  });

  it("is not one that was logged out of", async () => {
    await logIn('{"current":"","accessTokens":{}}');
    expect((await prepareBackend({ projectFolder, environment })).own).toBe(true);
  });

  it("is taken from Pulumi.yaml, or from an access token", async () => {
    environment.PULUMI_ACCESS_TOKEN = "pul-0123";
    await expectChosen("at Pulumi Cloud, as PULUMI_ACCESS_TOKEN says");
    await writeFile(join(projectFolder, "Pulumi.yaml"), "name: x\nbackend:\n  url: gs://bucket\n");
    await expectChosen("at gs://bucket, as Pulumi.yaml says");
  });

  it("can't be told from a log-in file that is broken", async () => {
    await logIn("{");
    expect(await failure()).toBeInstanceOf(UserError);
  });
});

describe("folders of another user", () => {
  const refused = async () => {
    const error = await asPlainUser(failure);
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  };
  const state = () => join(projectFolder, ".state");
  beforeEach(() => chmod(projectFolder, 0o755));

  it("where the state can't be made are told with the commands that mend it", async () => {
    await chmod(projectFolder, 0o555);
    const message = await refused().finally(() => chmod(projectFolder, 0o755));
    expect(message).toContain(`\`sudo mkdir -p ${state()} && sudo chown -R "$(id -u)" ${state()}\``);
    expect(message).toContain("or choose another place with PULUMI_BACKEND_URL.");
  });

  it.runIf(process.getuid?.() === 0)("that root has made are told in the same way", async () => {
    await prepareBackend({ projectFolder, environment });
    await chmod(state(), 0o755);
    expect(await refused()).toMatch(
      /can't be used by this user \(EPERM\).*run `sudo chown -R "\$\(id -u\)" /,
    );
  });

  it.each([
    [".pulumi/stacks", 0o000, 0o755],
    [".pulumi/stacks/naboom-mqtt/dev.json", 0o000, 0o600],
  ])("that hold stacks do not count as empty: %s", async (path, closed, open) => {
    await addStack();
    await giveToPlainUser(state());
    environment.PULUMI_CONFIG_PASSPHRASE = "";
    await chmod(join(state(), path), closed);
    const message = await refused().finally(() => chmod(join(state(), path), open));
    expect(message).toContain(`run \`sudo chown -R "$(id -u)" ${state()}\``);
  });

  it("that hold a log-in are told by the folder of Pulumi's own", async () => {
    await logIn("{}");
    const home = join(projectFolder, "home", ".pulumi");
    await chmod(join(home, "credentials.json"), 0o000);
    expect(await refused()).toContain(`"$(id -u)" ${home}\`, or set PULUMI_HOME`);
  });
});
