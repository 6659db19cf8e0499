import { describe, expect, it } from "vitest";
import { noClientCertificates } from "./client-certificate.ts";
import { renderConfiguration } from "./configuration.ts";
import { defaultLimits } from "./limits.ts";
import { listenerNames } from "./listener.ts";
import { deriveCredential } from "./password.ts";
import { type RevisionInput, renderRevision } from "./revision.ts";

const seed = "ASeedOfTheTestsAndNoSecretAtAll".repeat(2);

const configuration = {
  listeners: listenerNames,
  limits: defaultLimits,
  memoryBytes: 429_496_729,
  sync: "normal" as const,
  clientCertificates: noClientCertificates,
  clientIds: "free" as const,
  origins: [],
};

const sample: RevisionInput = {
  configuration: renderConfiguration(configuration),
  listeners: listenerNames,
  users: [
    {
      name: "naboom-mqtt",
      rules: [{ access: "readwrite", filter: "naboom/#" }],
      listeners: listenerNames,
      credential: deriveCredential({ seed, user: "naboom-mqtt", length: 40 }),
    },
    {
      name: "monitor",
      rules: [
        { access: "read", filter: "naboom/alerts" },
        { access: "read", filter: "$SYS/#" },
        { access: "deny", filter: "naboom/alerts/drill" },
      ],
      listeners: ["mqtts"],
      credential: deriveCredential({ seed, user: "monitor", length: 40 }),
    },
  ],
  patterns: [{ access: "readwrite", filter: "naboom/devices/%c/#" }],
  iterations: 101,
  certificates: { authority: "(the CA's certificate)\n", server: "(the server's)\n", key: "(its key)\n" },
  names: ["localhost", "127.0.0.1", "::1"],
  healthcheckSeed: seed,
};

describe("a revision", () => {
  it.each(["mosquitto.conf", "acl", "passwd-mqtt", "passwd-mqtts", "passwd-internal", "healthcheck"])(
    "renders %s as the golden file shows it",
    async (name) => {
      const { files } = await renderRevision(sample);
      await expect(files.find((file) => file.name === name)?.content).toMatchFileSnapshot(`golden/${name}`);
    },
  );

  it("is the same at every run", async () => {
    expect(await renderRevision(sample)).toEqual(await renderRevision(sample));
  });

  it("keeps everything but the configuration and the certificates from other users' eyes", async () => {
    const { files } = await renderRevision(sample);
    const readable = files.filter(({ permissions }) => permissions !== "0600").map(({ name }) => name);
    expect(readable).toEqual(["mosquitto.conf", "ca.crt", "server.crt"]);
  });

  it("gets another id and another healthcheck password with any change", async () => {
    const before = await renderRevision(sample);
    const changed: RevisionInput[] = [
      { ...sample, certificates: { ...sample.certificates, key: "(another key)\n" } },
      { ...sample, users: sample.users.slice(1) },
      { ...sample, configuration: `${sample.configuration}# more\n` },
    ];
    for (const input of changed) {
      const after = await renderRevision(input);
      expect(after.id).not.toBe(before.id);
      expect(healthcheckOf(after)).not.toBe(healthcheckOf(before));
    }
  });

  it("has no password file of a listener that is off", async () => {
    const { files } = await renderRevision({ ...sample, listeners: ["mqtts", "wss"] });
    const names = files.map(({ name }) => name).filter((name) => name.startsWith("passwd-"));
    expect(names).toEqual(["passwd-mqtts", "passwd-wss", "passwd-internal"]);
  });

  it("has the authority of clients' certificates and its revocation list where they are asked for", async () => {
    const clientCertificates = { clientAuthority: "(their CA's)\n", revocations: "(the list)\n" };
    const { files, id } = await renderRevision({ ...sample, clientCertificates });
    expect(files.map(({ name }) => name).slice(-2)).toEqual(["client-ca.crt", "client.crl"]);
    expect(id).not.toBe((await renderRevision(sample)).id);
  });

  it("lets the healthcheck read one topic and nothing else", async () => {
    const { files } = await renderRevision(sample);
    const acl = files.find(({ name }) => name === "acl")?.content ?? "";
    expect(acl.split("user healthcheck\n")[1]?.split("\n\n")[0]).toBe("topic read $SYS/broker/version");
  });
});

function healthcheckOf({ files }: Awaited<ReturnType<typeof renderRevision>>): string | undefined {
  return files.find(({ name }) => name === "healthcheck")?.content;
}
