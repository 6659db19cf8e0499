import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "./limits.ts";
import { deriveCredential } from "./password.ts";
import { type RevisionInput, renderRevision } from "./revision.ts";

const seed = Buffer.alloc(32, "a seed of the tests, and no secret").toString("base64");

const sample: RevisionInput = {
  configuration: { limits: defaultLimits, memoryBytes: 429_496_729, autosaveSeconds: 60 },
  users: [
    {
      name: "naboom-mqtt",
      rules: [{ access: "readwrite", filter: "naboom/#" }],
      credential: deriveCredential({ seed, user: "naboom-mqtt", length: 40 }),
    },
    {
      name: "monitor",
      rules: [
        { access: "read", filter: "naboom/alerts" },
        { access: "read", filter: "$SYS/#" },
        { access: "deny", filter: "naboom/alerts/drill" },
      ],
      credential: deriveCredential({ seed, user: "monitor", length: 40 }),
    },
  ],
  iterations: 1_000,
  certificates: { authority: "(the CA's certificate)\n", server: "(the server's)\n", key: "(its key)\n" },
  names: ["localhost", "127.0.0.1", "::1"],
  healthcheckSeed: seed,
};

describe("a revision", () => {
  it.each(["mosquitto.conf", "acl", "passwd", "healthcheck"])(
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
      { ...sample, configuration: { ...sample.configuration, autosaveSeconds: 61 } },
    ];
    for (const input of changed) {
      const after = await renderRevision(input);
      expect(after.id).not.toBe(before.id);
      expect(healthcheckOf(after)).not.toBe(healthcheckOf(before));
    }
  });

  it("lets the healthcheck read one topic and nothing else", async () => {
    const { files } = await renderRevision(sample);
    const acl = files.find(({ name }) => name === "acl")?.content ?? "";
    expect(acl.split("user healthcheck\n")[1]).toBe("topic read $SYS/broker/version\n");
  });

  it("has each listener refuse anonymous clients and use both plugins, whatever the limits are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 1e6 }),
        fc.integer({ min: 1, max: 1e6 }),
        async (packet, count) => {
          const limits = { ...defaultLimits, packetBytes: packet, connectionsPerListener: count };
          const { files } = await renderRevision({
            ...sample,
            configuration: { ...sample.configuration, limits },
          });
          const conf = files.find(({ name }) => name === "mosquitto.conf")?.content ?? "";
          const [global = "", ...sections] = conf.split(/^listener /m);
          expect(global).toMatch(/^allow_anonymous false$/m);
          expect(sections).toHaveLength(4);
          for (const section of sections) {
            expect(section).toMatch(/^listener_allow_anonymous false$/m);
            expect(section).toMatch(/^plugin_use password$/m);
            expect(section).toMatch(/^plugin_use acl$/m);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

function healthcheckOf({ files }: Awaited<ReturnType<typeof renderRevision>>): string | undefined {
  return files.find(({ name }) => name === "healthcheck")?.content;
}
