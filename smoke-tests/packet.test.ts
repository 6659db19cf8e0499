import { describe, expect, it } from "vitest";
import { clearingPacket, publishHeader, publishPacket } from "./packet.ts";

describe("a PUBLISH packet", () => {
  // The limits of each length are those of the table in MQTT 5, 1.5.5.
  it.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [16_383, "ff7f"],
    [16_384, "808001"],
    [2_097_151, "ffff7f"],
    [2_097_152, "80808001"],
    [268_435_455, "ffffff7f"],
  ])("announces %i bytes as %s", (remaining, length) => {
    expect(publishHeader(remaining).toString("hex")).toBe(`30${length}`);
  });

  it("has a topic, a packet id for QoS 1 and a payload", () => {
    const packet = publishPacket(4, "a/b", Buffer.from("hi"), { packetId: 258 });
    expect(packet.toString("hex")).toBe("3209" + "0003612f62" + "0102" + "6869");
  });

  it("has room for properties in MQTT 5 only", () => {
    expect(clearingPacket(4, "a").toString("hex")).toBe("3103" + "000161");
    expect(clearingPacket(5, "a").toString("hex")).toBe("3104" + "000161" + "00");
  });
});
