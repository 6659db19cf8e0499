import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { inDays, issue as issueTrial } from "../mosquitto/trial-certificate.ts";
import { proveStack } from "../smoke-tests/prove-stack.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { stackOutputs } from "./contract.ts";

let throwaway: ThrowawayStack;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-own-"));
  throwaway = await ThrowawayStack.create(inject("workbench"));
  await issue("first", EC);
  await issue("other", P384, {
    names: "DNS:*.example.org,DNS:localhost,IP:127.0.0.1,IP:::1",
    purposes: "serverAuth,clientAuth",
  });
  const old = issueTrial({ name: "CA of old", authority: true, begins: inDays(-400), ends: inDays(-30) });
  await appendFile(join(folder, "other-ca.crt"), old.pem);
  await issue("third", ["-newkey", "rsa:2048"]);
});

afterAll(async () => {
  await throwaway.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("a certificate of one's own", () => {
  it("is served in place of the stack's, and proved by the smoke tests", async () => {
    await throwaway.configure({ certificates: { own: own("first") } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    expect(outputs.authority).toBe(await readFile(join(folder, "first-ca.crt"), "utf8"));
    const proof = await proveStack(outputs, { stack: "test" });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });

  it("is nowhere in the state with its key", async () => {
    const { stdout } = await throwaway.stack.run(["stack", "export"], { capture: true });
    const key = (await readFile(join(folder, "first.key"), "utf8")).split("\n")[1] ?? "";
    expect(key.length).toBeGreaterThan(40);
    expect(stdout.length).toBeGreaterThan(1_000);
    expect(stdout).not.toContain(key);
  });

  it("is refused before anything changes where the key is another's, or a file is not there", async () => {
    const before = await throwaway.containerRuns("broker");
    await throwaway.configure({ certificates: { own: { ...own("first"), key: join(folder, "other.key") } } });
    const mismatched = await throwaway.up();
    expect(mismatched.exitCode).not.toBe(0);
    expect(mismatched.output).toContain("cannot be used, so nothing was changed");
    expect(mismatched.output).not.toMatch(/\n\s+at /);
    await throwaway.configure({ certificates: { own: { ...own("first"), chain: "nowhere.crt" } } });
    const missing = await throwaway.up();
    expect(missing.exitCode).not.toBe(0);
    expect(missing.output).toMatch(
      /certificates\.own\.chain names the file .*nowhere\.crt, which cannot be read \(ENOENT\)/,
    );
    expect(await throwaway.containerRuns("broker")).toBe(before);
  });

  it("is replaced by another without a restart, also by one for more than is asked of it", async () => {
    const before = await throwaway.containerRuns("broker");
    await throwaway.configure({ certificates: { own: own("other") } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("your own certificate is another one from now on, and nobody is disconnected");
    expect(output).toContain("what clients have to trust (certificates.own.authority) is another text");
    expect(await throwaway.containerRuns("broker")).toBe(before);
    const proof = await proveStack(stackOutputs.parse(await throwaway.stack.outputs()), { stack: "test" });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });
});

describe("one with another kind of key", () => {
  it("takes a restart, which is said beforehand, since a reload would have the broker keep both", async () => {
    const before = await throwaway.containerRuns("broker");
    await throwaway.configure({ certificates: { own: own("third") } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the broker restarts");
    expect(await throwaway.containerRuns("broker")).not.toBe(before);
    const proof = await proveStack(stackOutputs.parse(await throwaway.stack.outputs()), { stack: "test" });
    expect(proof.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });
});

function own(name: string): Record<"chain" | "key" | "authority", string> {
  const path = (file: string) => join(folder, file);
  return { chain: path(`${name}.crt`), key: path(`${name}.key`), authority: path(`${name}-ca.crt`) };
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384 = EC.with(-1, "ec_paramgen_curve:P-384");

/** For all that the server is reached by, and for nothing else. */
const NARROW = { names: "DNS:localhost,IP:127.0.0.1,IP:::1", purposes: "serverAuth" };

/** Issues a CA and a server's certificate from it, as a company's own tools would. */
async function issue(name: string, key: readonly string[], { names, purposes } = NARROW): Promise<void> {
  const openssl = execa({ cwd: folder, stderr: "ignore" });
  await openssl`openssl req -x509 ${key} -nodes -keyout ${name}-ca.key -out ${name}-ca.crt -days 100 -subj ${`/CN=${name} CA`} -addext keyUsage=critical,keyCertSign`;
  const extensions = [
    "-addext",
    `subjectAltName=${names}`,
    "-addext",
    `extendedKeyUsage=${purposes}`,
    "-addext",
    "basicConstraints=CA:FALSE",
  ];
  await openssl`openssl req ${key} -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=localhost ${extensions}`;
  await openssl`openssl x509 -req -in ${name}.csr -CA ${name}-ca.crt -CAkey ${name}-ca.key -CAcreateserial -copy_extensions copy -days 90 -out ${name}.crt`;
}
