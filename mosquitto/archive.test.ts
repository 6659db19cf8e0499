import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import fc from "fast-check";
import { expect, it } from "vitest";
import { packCompressed, packFiles } from "./archive.ts";

const file = fc.record({
  name: fc.stringMatching(/^[a-z][a-z.-]{0,12}[a-z]$/),
  content: fc.string({ unit: "grapheme", maxLength: 2_000 }),
  permissions: fc.constantFrom("0600" as const, "0644" as const),
});
const files = fc.uniqueArray(file, { selector: ({ name }) => name, minLength: 1, maxLength: 5 });

it("gives back each file byte for byte, with its permissions and the broker's user as its owner", async () => {
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const input = Buffer.from(await packFiles(given), "base64");
      const listed = await execa({ input })`tar -tvf - --numeric-owner`;
      const lines = listed.stdout.split("\n");
      for (const [index, { name, content, permissions }] of given.entries()) {
        expect(lines[index]?.startsWith(permissions === "0600" ? "-rw------- " : "-rw-r--r-- ")).toBe(true);
        expect(lines[index]).toContain(" 1883/1883 ");
        const { stdout } = await execa({ input, encoding: "buffer" })`tar -xOf - ${name}`;
        expect(Buffer.from(stdout).equals(Buffer.from(content))).toBe(true);
      }
    }),
    { numRuns: 15 },
  );
});

it("has the content of files once that are alike, and gives back each of them", async () => {
  const content = "user:hash\n".repeat(10_000);
  const given = ["passwd-mqtt", "passwd-ws"].map((name) => ({ name, content, permissions: "0600" as const }));
  const shown = { name: "shown", content, permissions: "0644" as const };
  const folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-archive-"));
  try {
    const input = Buffer.from(await packFiles([...given, shown]), "base64");
    expect(input.length).toBeLessThan(2 * content.length + 10_000);
    await execa({ input, cwd: folder })`tar -xpf - --no-same-owner`;
    for (const { name, permissions } of [...given, shown]) {
      expect(await readFile(join(folder, name), "utf8")).toBe(content);
      expect(((await stat(join(folder, name))).mode & 0o777).toString(8)).toBe(permissions.slice(1));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("is compressed to what gunzip makes the same archive of", async () => {
  const given = [{ name: "acl", content: "user a\n".repeat(1_000), permissions: "0600" as const }];
  const compressed = Buffer.from(await packCompressed(given), "base64");
  expect(compressed.length).toBeLessThan(500);
  expect(gunzipSync(compressed).toString("base64")).toBe(await packFiles(given));
  expect(await packCompressed(given)).toBe(compressed.toString("base64"));
});

it("is the same for the same files", async () => {
  const given = [{ name: "acl", content: "user a\n", permissions: "0600" as const }];
  expect(await packFiles(given)).toBe(await packFiles(given));
});
