import { ABUSE_TOPIC, publish, subscribe, valid } from "./good-packet.ts";
import type { PacketKind } from "./kind.ts";
import { packetTypes, rawPacket, takeApart, twoBytes, variableInteger } from "./mqtt-bytes.ts";

/** Bytes beyond the largest packet that the product's limits allow. */
const OVERSIZE = 262_145;

/** Types that only a server sends. */
const serverTypes = [packetTypes.connack, packetTypes.suback, packetTypes.unsuback] as const;

/** Ways for a length to be wrong. */
export const lengthKinds: readonly PacketKind[] = [
  {
    name: "remaining length of five bytes",
    stage: "either",
    ends: true,
    make: (random) => Buffer.from([random.pick([0x10, 0x30, 0x82, 0xe0]), 0xff, 0xff, 0xff, 0xff, 0x7f]),
  },
  {
    name: "remaining length beyond what comes",
    stage: "either",
    ends: false,
    make: (random, version) => {
      const { firstByte, body } = takeApart(valid(random, version));
      return Buffer.concat([
        Buffer.of(firstByte),
        variableInteger(body.length + 1 + random.below(200)),
        body,
      ]);
    },
  },
  {
    name: "remaining length short of what comes",
    stage: "after log-in",
    ends: false,
    make: (random, version) => {
      const { firstByte, body } = takeApart(valid(random, version));
      return Buffer.concat([Buffer.of(firstByte), variableInteger(random.below(body.length)), body]);
    },
  },
  {
    name: "packet cut short",
    stage: "either",
    ends: false,
    make: (random, version) => {
      const packet = valid(random, version);
      return packet.subarray(0, 1 + random.below(packet.length - 1));
    },
  },
  {
    name: "packet beyond the limit",
    stage: "after log-in",
    ends: true,
    make: (random) => {
      const length = random.pick([OVERSIZE, OVERSIZE * 4, 268_435_455]);
      return Buffer.concat([Buffer.of(0x30), variableInteger(length), random.bytes(64)]);
    },
  },
  {
    name: "string beyond the packet",
    stage: "after log-in",
    ends: true,
    make: (random) => rawPacket(0x30, twoBytes(8 + random.below(65_000)), Buffer.from("abuse")),
  },
];

/** Ways for a header to be wrong (MQTT 5, 2.1). */
export const headerKinds: readonly PacketKind[] = [
  {
    name: "reserved packet type",
    stage: "either",
    ends: true,
    make: (random) => rawPacket(random.below(16), random.bytes(random.below(20))),
  },
  {
    name: "reserved flag bits",
    stage: "after log-in",
    ends: true,
    make: (random) => rawPacket((random.pick([8, 10]) << 4) | random.pick([0, 1, 4, 8, 15]), twoBytes(1)),
  },
  {
    name: "QoS 3",
    stage: "after log-in",
    ends: true,
    make: (random, version) => publish(ABUSE_TOPIC, version, random.pick([0x36, 0x37, 0x3e]), 1),
  },
  {
    name: "DUP with QoS 0",
    stage: "after log-in",
    ends: true,
    make: (random, version) => publish(ABUSE_TOPIC, version, random.pick([0x38, 0x39])),
  },
  {
    name: "packet identifier 0",
    stage: "after log-in",
    ends: true,
    make: (random, version) =>
      random.percent(50) ? publish(ABUSE_TOPIC, version, 0x32, 0) : subscribe(ABUSE_TOPIC, version, 0, 0),
  },
  {
    name: "packet of a server",
    stage: "after log-in",
    ends: true,
    make: (random, version) =>
      rawPacket(random.pick(serverTypes) << 4, twoBytes(1), Buffer.alloc(version === 5 ? 2 : 1)),
  },
  {
    name: "first packet is not CONNECT",
    stage: "before log-in",
    ends: true,
    make: (random, version) => valid(random, version),
  },
];
