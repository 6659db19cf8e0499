import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProgress } from "./progress.ts";
import { type Pulumi, preparePulumi } from "./pulumi.ts";
import { keepSettings } from "./stack-settings.ts";
import { type Backend, prepareBackend } from "./state-backend.ts";

const PROJECT = `name: naboom-toolchain
runtime:
  name: nodejs
  options:
    typescript: false
`;
const SETTINGS = `# Committed, so it must not change.
config:
  naboom-toolchain:count: 3 # a number
  naboom-toolchain:listeners:
    mqtts: 8883
`;
const PROGRAM = `import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
Error.stackTraceLimit = 0; // Node 20.19.6 takes 20 s to colour @pulumi/pulumi's frames (nodejs/node#64011)
const config = new pulumi.Config();
if (config.get("mode") === "mistake") throw new pulumi.RunError("The port 99999 is out of range.");
const password = new random.RandomPassword("password", { length: 32 });
const bytes = new random.RandomBytes("bytes", { length: 12 });
const key = new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const pem = { privateKeyPem: key.privateKeyPem, subject: { commonName: "localhost" } };
const authority = new tls.SelfSignedCert("authority",
  { ...pem, isCaCertificate: true, validityPeriodHours: 24, allowedUses: ["cert_signing"] });
const request = new tls.CertRequest("request", { ...pem, dnsNames: ["localhost"] });
new tls.LocallySignedCert("certificate", { caCertPem: authority.certPem, caPrivateKeyPem: key.privateKeyPem,
  certRequestPem: request.certRequestPem, validityPeriodHours: 24, allowedUses: ["server_auth"] });
new docker.Volume("naboom-toolchain", {});
export const seen = { count: config.requireNumber("count"), listeners: config.requireObject("listeners") };
export const secrets = pulumi.secret([password.result, password.bcryptHash, bytes.base64, bytes.hex,
  key.privateKeyPem, key.privateKeyPemPkcs8, config.requireSecret("token")]);
`;

let folder: string;
let pulumi: Pulumi;
let backend: Backend;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-toolchain-"));
  await symlink(fileURLToPath(new URL("../node_modules", import.meta.url)), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{ "type": "module", "main": "program.mjs" }');
  await writeFile(join(folder, "Pulumi.yaml"), PROJECT);
  await writeFile(join(folder, "Pulumi.dev.yaml"), SETTINGS);
  await writeFile(join(folder, "program.mjs"), PROGRAM);
  pulumi = await preparePulumi({ install: true, progress: createProgress() });
  // A Pulumi of its own as to log-ins and backends, but with the machine's plugins.
  const { PULUMI_BACKEND_URL: _, PULUMI_ACCESS_TOKEN: __, ...environment } = process.env;
  backend = await prepareBackend({
    projectFolder: folder,
    environment: { ...environment, PULUMI_HOME: folder },
  });
  await call(["stack", "init", "dev"]);
}, 900_000);

afterAll(async () => {
  await call(["destroy", "--yes", "--skip-preview", "--remove"]);
  await rm(folder, { recursive: true });
});

/** Calls the CLI as the commands do. The secret goes in by the config file's own command, on standard input. */
function call(arguments_: readonly string[], input = "") {
  const env = { ...pulumi.environment, ...backend.environment };
  return keepSettings(folder, () =>
    execa(pulumi.cli, arguments_, { cwd: folder, env, input, reject: false, all: true }),
  );
}

describe("Pulumi with its plugins and its language host", () => {
  it("brings up a stack without a warning, and then has nothing to change", async () => {
    await call(["config", "set", "--secret", "token"], "hunter2");
    const up = await call(["up", "--yes", "--skip-preview"]);
    expect(up.all).not.toMatch(/warning/i);
    expect(up.exitCode).toBe(0);
    const preview = await call(["preview", "--refresh", "--expect-no-changes"]);
    expect(preview.all).not.toMatch(/warning/i);
    expect(preview.exitCode).toBe(0);
  });

  it("gives the program its numbers and objects", async () => {
    const { stdout } = await call(["stack", "output", "seen", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ count: 3, listeners: { mqtts: 8883 } });
  });

  it("has no secret in its state, an id included", async () => {
    const secrets = JSON.parse(
      (await call(["stack", "output", "secrets", "--json", "--show-secrets"])).stdout,
    );
    const { stdout: state } = await call(["stack", "export"]);
    expect(secrets).toHaveLength(7);
    expect(secrets.at(-1)).toBe("hunter2");
    for (const secret of secrets) expect(state.includes(JSON.stringify(secret).slice(1, -1))).toBe(false);
    expect(state).not.toContain("PRIVATE KEY");
  });

  it("shows a mistake as its one sentence", async () => {
    const mistake = await call(["preview", "-c", "mode=mistake"]);
    const [, diagnostics] = String(mistake.all).split("Diagnostics:");
    expect(diagnostics).toMatch(
      /^\s+pulumi:pulumi:Stack \S+\n\s+error: The port 99999 is out of range\.\n\nResources:/,
    );
    expect(mistake.exitCode).not.toBe(0);
    await call(["config", "rm", "mode"]);
  });

  it("leaves the committed settings without its salt", async () => {
    const settings = await readFile(join(folder, "Pulumi.dev.yaml"), "utf8");
    expect(settings).not.toContain("encryptionsalt");
    expect(settings).toContain("# Committed, so it must not change.");
  });
});
