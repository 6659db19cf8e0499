import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BrokerArgs } from "./broker.ts";
import type { EngineContainer } from "./engine.ts";
import { engineNames } from "./names.ts";
import { parseSettings } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: inputs of any resource, looked into by name.
type Inputs = Record<string, any>;

/** What the program registered, by name, in the order it did. */
const registered = new Map<string, { type: string; inputs: Inputs }>();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.set(name, { type, inputs });
        return { id: `${name}-id`, state: { ...inputs, exitCode: 0, imageId: "sha256:1" } };
      },
      call: ({ inputs }) => inputs,
    },
    "naboom-mqtt",
    "unit",
    false,
  );
});

beforeEach(() => registered.clear());

afterEach(() => vi.restoreAllMocks());

const TAKEN_OVER = '{"users":{}}';

const NAMES = ["mosquitto.conf", "passwd-mqtt", "acl", "ca.crt", "server.crt", "server.key", "healthcheck"];

describe("a broker", () => {
  it("is registered after its image was tried and its files were published, and reloaded last", async () => {
    await value((await createBroker()).revision);
    expect([...registered.keys()].filter((name) => /(^container|-step)$/.test(name))).toEqual([
      "image-trial-step",
      "publish-step",
      "container",
      "reload-step",
    ]);
  });

  it("is confined, and publishes its ports on the loopback address only", async () => {
    await value((await createBroker()).revision);
    const inputs = registered.get("container")?.inputs ?? {};
    expect(inputs).toMatchObject({
      user: "1883:1883",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      restart: "always",
    });
    expect(inputs.ports.map(({ ip, external }: Inputs) => `${ip}:${external}`)).toEqual([
      "127.0.0.1:1883",
      "127.0.0.1:8883",
      "127.0.0.1:8083",
      "127.0.0.1:8884",
    ]);
    expect(inputs.volumes[0]).toMatchObject({ containerPath: "/mosquitto/revisions", readOnly: true });
  });

  it("gets its files as secrets, through a container without a network", async () => {
    await value((await createBroker()).revision);
    const { networkMode, uploads } = registered.get("publish-step")?.inputs ?? {};
    expect(networkMode).toBe("none");
    expect(uploads[pulumi.runtime.specialSigKey]).toBe(pulumi.runtime.specialSecretSig);
    const [{ file, contentBase64 }, record] = uploads.value;
    expect(file).toBe("/mosquitto/revisions/revision.tar.gz");
    expect(record).toEqual({ file: "/mosquitto/revisions/taken-over.json", content: TAKEN_OVER });
    const { stdout } = await execa({ input: Buffer.from(contentBase64, "base64") })`tar -tzf -`;
    expect(stdout.split("\n")).toEqual(NAMES);
  });

  it("is said to restart where its configuration changes, or its image under the same name", async () => {
    await value((await createBroker()).revision);
    const list: Inputs[] = registered.get("container")?.inputs.labels;
    const labels = Object.fromEntries(list.map(({ label, value }) => [label, value]));
    expect(await announcements(labels)).toEqual([]);
    for (const label of ["naboom-mqtt.image", "naboom-mqtt.restart"]) {
      expect(await announcements({ ...labels, [label]: "another" })).toEqual([
        expect.stringMatching(/^the broker restarts, .*image.*every client is disconnected/),
      ]);
    }
  });

  it("has a failed, unfinished or never started delivery made again, and a good one left alone", async () => {
    expect(await attemptAfter({ exitCode: 0, ended: true })).toBe("4");
    const again = [{ exitCode: 1, ended: true }, { exitCode: 0, ended: false }, undefined];
    for (const last of again) expect(await attemptAfter(last)).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});

/** What an update says where the broker's container has labels. */
async function announcements(labels: Readonly<Record<string, string>>): Promise<unknown[]> {
  const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
  info.mockClear();
  const name = "naboom-mqtt-unit-broker";
  const broker = {
    id: "1",
    name,
    image: "sha256:1",
    running: true,
    ended: false,
    exitCode: 0,
    startedAt: "",
    labels,
    published: [],
  };
  await value((await createBroker(new Map([[name, broker]]))).revision);
  const sentences = info.mock.calls.map(([sentence]) => sentence);
  return sentences.filter((sentence) => !sentence.startsWith("proved on a twin"));
}

async function attemptAfter(last: Pick<EngineContainer, "exitCode" | "ended"> | undefined): Promise<string> {
  registered.clear();
  const name = "naboom-mqtt-unit-publish";
  const labels = { "naboom-mqtt.attempt": "4" };
  const present =
    last === undefined
      ? []
      : [
          [
            name,
            {
              ...last,
              running: !last.ended,
              id: "1",
              name,
              image: "sha256:1",
              startedAt: "",
              labels,
              published: [],
            },
          ] as const,
        ];
  await value((await createBroker(new Map(present))).revision);
  const list: Inputs[] = registered.get("publish-step")?.inputs.labels;
  return list.find(({ label }) => label === "naboom-mqtt.attempt")?.value;
}

async function createBroker(present: ReadonlyMap<string, EngineContainer> = new Map()) {
  const { Broker } = await import("./broker.ts");
  const settings = defaultSettings();
  const files = NAMES.map((name) => ({ name, content: `${name}\n`, permissions: "0600" as const }));
  return new Broker("broker", {
    names: engineNames("naboom-mqtt", "unit"),
    image: "mosquitto:test",
    keyType: "ec",
    files: {
      configuration: "conf\n",
      revision: pulumi.secret(pulumi.output({ id: "0123456789abcdef", files })),
    },
    settings,
    present,
    takenOver: TAKEN_OVER,
    last: undefined,
    filesChanged: false,
    described: { users: {}, listeners: {} } as unknown as BrokerArgs["described"],
    proofKey: pulumi.secret("a key"),
    imageNow: async () => "sha256:1",
    prove: async () => ({ passed: 1, notApplicable: 0, seconds: 1 }),
  });
}

function defaultSettings(): Settings {
  const parsed = parseSettings({}, { project: "naboom-mqtt", stack: "unit" });
  if (!parsed.success) throw new Error("the defaults are not allowed");
  return parsed.data;
}

/** Awaits an output: an expectation inside `apply` would pass unseen. */
function value<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}
