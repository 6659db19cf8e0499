import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";

const LEAN = fileURLToPath(new URL("lean-sdk.cjs", import.meta.url));
const FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** What a program prints whose Node begins with the file. */
async function run(program: string): Promise<unknown> {
  const options = { cwd: FOLDER };
  const { stdout } = await execa(process.execPath, ["--require", LEAN, "--eval", program], options);
  return JSON.parse(stdout);
}

const LOADED = `(name) => Object.values(require.cache).filter(({ filename, children }) => filename.includes(name)).length`;

describe("the lean SDK", () => {
  it("loads neither npm's installer nor a compiler, and has both where they are asked for", async () => {
    const seen = await run(`
      const pulumi = require("@pulumi/pulumi");
      const loaded = ${LOADED};
      const before = [loaded("pacote/"), loaded("vendor/typescript")];
      const answer = pulumi.output("text");
      const one = 1;
      pulumi.runtime.serializeFunction(() => one + 1).then(({ text }) => {
        const compiled = loaded("vendor/typescript");
        const sdk = require("node:module").createRequire(require.resolve("@pulumi/pulumi/package.json"));
        const { Arborist } = sdk("@npmcli/arborist");
        const after = [compiled, loaded("pacote/") > 0];
        console.log(JSON.stringify({ before, after, text: text.includes("one + 1"), name: Arborist.name }));
      });`);
    expect(seen).toEqual({ before: [0, 0], after: [1, true], text: true, name: "Arborist" });
  });
});
