import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { imageVariable } from "../../infra/image.ts";
import { floods, isWithstood, runAbuse } from "./abuse.ts";
import { frameKinds } from "./malformed/frame.ts";
import type { MalformedInput } from "./malformed/input.ts";
import { packetInput } from "./malformed/input.ts";
import { validPacket } from "./malformed/mqtt-bytes.ts";
import { packetKinds } from "./malformed/packet.ts";
import { Random } from "./malformed/random.ts";
import { upgradeKinds } from "./malformed/upgrade.ts";
import { frame } from "./malformed/websocket-frame.ts";
import { renderAbuse } from "./report.ts";
import { sendInput } from "./send-input.ts";
import { TrialBroker } from "./trial-broker.ts";

/** The floods that the patches of this project's image have ended. */
const FLOODS = ["do not read", "search a long queue"];

let broker: TrialBroker;

beforeAll(async () => {
  const image = inject("workbench").environment[imageVariable];
  if (image === undefined) throw new Error("there is no broker image");
  broker = await TrialBroker.start({ image });
});

afterAll(() => broker?.remove());

/** What becomes of a connection on which nothing but this is sent, and which stays open. */
function outcome(input: MalformedInput, patience = 2_000) {
  return sendInput(broker, input, "judged", { finish: false, patience });
}

describe("the broker ends the connection of a client that sends", () => {
  for (const kind of packetKinds.filter(({ ends }) => ends)) {
    it.concurrent(`an MQTT packet: ${kind.name}`, async () => {
      expect(await outcome(packetInput(kind, new Random(7), "mqtt"))).toBe("ended");
      expect(await outcome(packetInput(kind, new Random(8), "ws"))).toBe("ended");
    });
  }

  for (const { name, make } of frameKinds.filter(({ ends }) => ends)) {
    it.concurrent(`a WebSocket frame: ${name}`, async () => {
      const pieces = make(new Random(7));
      const input = {
        kind: name,
        listener: "ws",
        version: 5,
        upgraded: true,
        loggedIn: true,
        pieces,
      } as const;
      expect(await outcome(input)).toBe("ended");
    });
  }

  for (const { name, make } of upgradeKinds.filter(({ ends }) => ends)) {
    it.concurrent(`an upgrade request: ${name}`, async () => {
      const pieces = make(new Random(7));
      const input = {
        kind: name,
        listener: "ws",
        version: 5,
        upgraded: false,
        loggedIn: false,
        pieces,
      } as const;
      expect(await outcome(input)).toBe("ended");
    });
  }

  it("but not of one that sends a good packet", async () => {
    const ping = validPacket({ cmd: "pingreq" }, 5);
    const common = { kind: "none", version: 5, loggedIn: true } as const;
    const plain = { ...common, listener: "mqtt", upgraded: false, pieces: [ping] } as const;
    const framed = { ...common, listener: "ws", upgraded: true, pieces: [frame(ping)] } as const;
    expect(await outcome(plain, 500)).toBe("held");
    expect(await outcome(framed, 500)).toBe("held");
  });
});

describe("a bystander", () => {
  it("loses no message and no connection while another account abuses the broker", async () => {
    const abuse = await runAbuse(broker, {
      seed: 1,
      inputs: 3_000,
      scale: 0.1,
      milliseconds: 2_000,
      floods: floods.filter(({ name }) => FLOODS.some((text) => name.includes(text))),
    });
    const shown = renderAbuse(abuse, { colour: false });
    process.stdout.write(`${shown}\n`);
    expect(isWithstood(abuse), shown).toBe(true);
    expect(abuse.sent).toBeGreaterThan(1_000);
  });
});
