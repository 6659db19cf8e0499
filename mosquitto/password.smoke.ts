import { execa } from "execa";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { passwordLine } from "./password.ts";

/** A container with Mosquitto's own tools, and a broker that reads its files once they are there. */
let container: string;

beforeEach(async () => {
  const { environment } = inject("workbench");
  const args = ["--rm", "--network", "none", "--tmpfs", "/work:mode=1777", "--entrypoint", "/bin/sh"];
  const script = "until [ -e /work/conf ]; do sleep 0.05; done; exec mosquitto -c /work/conf";
  container = (await execa`docker run -d ${args} ${environment.NABOOM_MQTT_IMAGE ?? ""} -c ${script}`).stdout;
});

afterEach(() => execa`docker rm -f ${container}`);

const passwords = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => !/[\0\r\n]/.test(text));

describe("a password line", () => {
  it("is the one that mosquitto_passwd makes of the same password and salt", async () => {
    await fc.assert(
      fc.asyncProperty(passwords, fc.integer({ min: 1, max: 3_000 }), async (password, iterations) => {
        const options = ["-H", "sha512-pbkdf2", "-I", `${iterations}`, "-c", "/work/passwd", "user"];
        await execa`docker exec ${container} rm -f /work/passwd`;
        // The tool asks twice, and reads the answers from a pipe as it would from a terminal.
        await execa({
          input: `${password}\n${password}\n`,
        })`docker exec -i ${container} mosquitto_passwd ${options}`;
        const line = (await execa`docker exec ${container} cat /work/passwd`).stdout.trim();
        const salt = line.split("$")[3] ?? "";
        expect(await passwordLine("user", { password, salt }, iterations)).toBe(line);
      }),
      { numRuns: 25 },
    );
  });

  it("lets its password in at a real broker, and no other", async () => {
    const salt = Buffer.alloc(12, 7).toString("base64");
    // One broker takes all of them: a password is its own case, and a start for each would cost a minute.
    const list = fc.sample(passwords, 12);
    const lines = await Promise.all(
      list.map((password, index) => passwordLine(`user${index}`, { password, salt }, 50)),
    );
    await put("/work/passwd", `${lines.join("\n")}\n`);
    await put("/work/conf", `${configuration.join("\n")}\n`);
    await vi.waitFor(async () => expect(await logIn("user0", list[0] ?? "")).toBe(0), 5_000);
    for (const [index, password] of list.entries()) {
      expect(await logIn(`user${index}`, password), JSON.stringify(password)).toBe(0);
      expect(await logIn(`user${index}`, `${password}x`), JSON.stringify(password)).not.toBe(0);
    }
  });
});

describe("a password file", () => {
  const salt = Buffer.alloc(12, 7).toString("base64");
  const hash = Buffer.alloc(64, 7).toString("base64");

  it.each([
    ["a hash that is too short", `${salt}$${hash.slice(4)}`],
    ["a hash without its padding", `${salt}$${hash.slice(0, -2)}`],
    ["a salt with a letter too many", `${salt}A$${hash}`],
    ["a letter that base64 has not", `${salt}$!${hash.slice(1)}`],
    ["padding in the middle of the hash", `${salt}$BwcHBw==${hash.slice(8)}`],
    ["no hash", salt],
  ])("ends the broker's start with %s", async (_, broken) => {
    const good = `good:$7$101$${salt}$${hash}`;
    await put("/work/passwd", `${good}\nbad:$7$101$${broken}\n`);
    await put("/work/trial", `${configuration.join("\n")}\n`);
    const start = execa({ reject: false, all: true });
    const { exitCode, all } = await start`docker exec ${container} timeout 5 mosquitto -c /work/trial`;
    expect(exitCode, all).toBe(3);
    expect(all).toContain("Unable to decode line");
  });
});

const configuration = [
  "listener 1883 127.0.0.1",
  "listener_allow_anonymous false",
  "plugin_load password /usr/lib/mosquitto_password_file.so",
  "plugin_opt_password_file /work/passwd",
  "plugin_use password",
];

/** The exit code of a client's log-in; its password goes through a file, as users' passwords do. */
async function logIn(user: string, password: string): Promise<number | undefined> {
  await put("/work/options", `--username ${user}\n--pw ${password}\n`);
  const args = ["-o", "/work/options", "-h", "127.0.0.1", "-t", "a", "-n"];
  return (await execa({ reject: false })`docker exec ${container} mosquitto_pub ${args}`).exitCode;
}

async function put(file: string, content: string): Promise<void> {
  await execa({
    input: content,
  })`docker exec -i ${container} sh -c ${`cat >${file}.new && mv ${file}.new ${file}`}`;
}
