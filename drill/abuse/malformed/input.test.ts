import { describe, expect, it } from "vitest";
import { listenerNames } from "../../../mosquitto/listener.ts";
import { inputOf } from "../fuzz.ts";
import { inputKinds, malformedInput } from "./input.ts";
import { variableInteger } from "./mqtt-bytes.ts";
import { packetKinds } from "./packet.ts";
import { Random } from "./random.ts";
import { frame, opcodes } from "./websocket-frame.ts";

const inputs = Array.from({ length: 20_000 }, (_, index) => inputOf(1, index));

describe("a malformed input", () => {
  it("is the same for the same seed and number, and another for others", () => {
    const text = (seed: number, index: number) => JSON.stringify(malformedInput(seed, index, "wss"));
    expect(text(3, 14)).toBe(text(3, 14));
    const texts = Array.from({ length: 200 }, (_, index) => text(3, index));
    expect(new Set(texts).size).toBeGreaterThan(150);
    expect(text(4, 14)).not.toBe(text(3, 14));
  });

  it("is of every kind within 20,000 numbers of one seed", () => {
    const seen = new Set(inputs.map(({ kind }) => kind));
    expect([...inputKinds.map(({ name }) => name)].filter((name) => !seen.has(name))).toEqual([]);
  });

  it("goes to every listener, before and after a log-in, with both versions of MQTT", () => {
    const seen = new Set(
      inputs.map(({ listener, loggedIn, version }) => `${listener} ${loggedIn} ${version}`),
    );
    expect(seen.size).toBe(listenerNames.length * 2 * 2);
  });

  it("has no kind of the same name twice", () => {
    expect(new Set(inputKinds.map(({ name }) => name)).size).toBe(inputKinds.length);
  });

  it("has bytes in every piece but for none at all", () => {
    expect(inputs.every(({ pieces }) => pieces.length > 0 && Buffer.concat(pieces).length > 0)).toBe(true);
  });
});

describe("a kind of packet", () => {
  const bytesOf = (name: string) => packetKinds.find((kind) => kind.name === name)?.make(new Random(5), 5);

  it("says that more comes than does", () => {
    const packet = bytesOf("remaining length beyond what comes") ?? Buffer.alloc(0);
    expect(packet[1]).toBeGreaterThan(packet.length - 2);
  });

  it("has the QoS that does not exist", () => {
    expect((bytesOf("QoS 3")?.[0] ?? 0) & 0x06).toBe(0x06);
  });

  it("has a remaining length that never ends", () => {
    expect(bytesOf("remaining length of five bytes")?.subarray(1, 5)).toEqual(Buffer.alloc(4, 0xff));
  });
});

describe("a frame", () => {
  it("has its payload masked, and in the form of RFC 6455, 5.7, without a mask", () => {
    expect(frame(Buffer.from("Hello"), { opcode: opcodes.text, mask: "none" }).toString("hex")).toBe(
      "810548656c6c6f",
    );
    const masked = frame(Buffer.from("Hello"), {
      opcode: opcodes.text,
      mask: Buffer.from("37fa213d", "hex"),
    });
    expect(masked.toString("hex")).toBe("818537fa213d7f9f4d5158");
  });

  it("has its length in the fewest bytes where nothing else is asked for", () => {
    const second = (length: number) => (frame(Buffer.alloc(length))[1] ?? 0) & 0x7f;
    expect([second(125), second(126), second(65_535), second(65_536)]).toEqual([125, 126, 126, 127]);
  });
});

describe("a variable integer", () => {
  it("takes the bytes of MQTT 5, 1.5.5", () => {
    const hex = (value: number) => variableInteger(value).toString("hex");
    expect([0, 127, 128, 16_383, 16_384, 268_435_455].map(hex)).toEqual([
      "00",
      "7f",
      "8001",
      "ff7f",
      "808001",
      "ffffff7f",
    ]);
  });
});
