import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { filesInForceScript, readFilesInForce } from "./files-in-force.ts";
import { layout } from "./layout.ts";
import { digest } from "./revision.ts";

/** In the order of a revision; one that a revision need not have is not among them. */
const files = {
  "mosquitto.conf": "listener 1883\n",
  "passwd-mqtt": "web:$7$1$c2VjcmV0$c2VjcmV0\n",
  "passwd-mqtts": "web:$7$1$c2VjcmV0$c2VjcmV0\n",
  "passwd-ws": "",
  "passwd-wss": "fleet ü:$7$1$c2VjcmV0$c2VjcmV0\n",
  "passwd-internal": "healthcheck:$7$1$c2VjcmV0$c2VjcmV0\n",
  acl: "user web\ntopic read ä/#\n\npattern write b/%c\n",
  "ca.crt": "CA\n",
  "server.crt": "certificate",
  "server.key": "key\n",
  healthcheck: "-p 8883\n",
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-files-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});

afterAll(() => rm(folder, { recursive: true }));

async function printed(): Promise<string> {
  const script = filesInForceScript.replaceAll(layout.current, folder);
  return (await execa("sh", ["-c", script])).stdout;
}

it("tells the revision, the ACL and the names that may log in, and no secret", async () => {
  const output = await printed();
  expect(readFilesInForce(output)).toEqual({
    revision: digest(Object.entries(files).flat()),
    acl: files.acl,
    accounts: { mqtt: ["web"], mqtts: ["web"], ws: [], wss: ["fleet ü"], internal: ["healthcheck"] },
  });
  expect(output).not.toMatch(/c2VjcmV0|key|-p 8883/);
});

it("tells another revision when any byte of any file is another", async () => {
  const before = readFilesInForce(await printed())?.revision;
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), `${content} `);
    expect(readFilesInForce(await printed())?.revision, name).not.toBe(before);
    await writeFile(join(folder, name), content);
  }
  expect(readFilesInForce(await printed())?.revision).toBe(before);
});

it.each(["", "no such container", "0123456789abcdef\n# ---\nuser web\n"])("makes nothing of %j", (output) => {
  expect(readFilesInForce(output)).toBeUndefined();
});
