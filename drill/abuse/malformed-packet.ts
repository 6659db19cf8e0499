import type { Packet } from "mqtt-packet";
import type { ProtocolVersion } from "../../smoke-tests/reason-codes.ts";
import { connectKinds } from "./malformed-connect.ts";
import { propertyKinds } from "./malformed-properties.ts";
import {
  packetTypes,
  prefixed,
  rawPacket,
  takeApart,
  twoBytes,
  validPacket,
  variableInteger,
} from "./mqtt-bytes.ts";
import type { Random } from "./random.ts";

/** One way for a packet to be wrong. */
export interface PacketKind {
  readonly name: string;
  /** When it can be sent: as the first packet, or after a log-in. */
  readonly stage: "before log-in" | "after log-in" | "either";
  /** @default both */
  readonly version?: ProtocolVersion;
  /** Whether a broker has to end the connection of its own accord; one that still waits for bytes has not. */
  readonly ends: boolean;
  readonly make: (random: Random, version: ProtocolVersion) => Buffer;
}

/** Where the clients of the abuse may publish and subscribe. */
export const ABUSE_TOPIC = "abuse";

/** Bytes beyond the largest packet that the product's limits allow. */
const OVERSIZE = 262_145;

const valid = (random: Random, version: ProtocolVersion): Buffer =>
  validPacket(random.pick(goodPackets), version);

/** Packets of a good client that is logged in, which others are made from. */
const goodPackets: readonly Packet[] = Object.freeze([
  { cmd: "publish", topic: `${ABUSE_TOPIC}/a`, payload: "p", qos: 0, dup: false, retain: false },
  {
    cmd: "publish",
    topic: `${ABUSE_TOPIC}/b`,
    payload: "p",
    qos: 1,
    dup: false,
    retain: false,
    messageId: 3,
  },
  {
    cmd: "publish",
    topic: `${ABUSE_TOPIC}/c`,
    payload: "p",
    qos: 2,
    dup: false,
    retain: false,
    messageId: 4,
  },
  { cmd: "subscribe", messageId: 5, subscriptions: [{ topic: `${ABUSE_TOPIC}/d`, qos: 1 }] },
  { cmd: "unsubscribe", messageId: 6, unsubscriptions: [`${ABUSE_TOPIC}/d`] },
  { cmd: "puback", messageId: 7 },
  { cmd: "pubrel", messageId: 8 },
] satisfies Packet[]);

const publish = (topic: string | Buffer, version: ProtocolVersion, firstByte = 0x30, id?: number): Buffer =>
  rawPacket(
    firstByte,
    prefixed(topic),
    id === undefined ? Buffer.alloc(0) : twoBytes(id),
    Buffer.alloc(version === 5 ? 1 : 0),
    Buffer.from("payload"),
  );

const subscribe = (filter: string | Buffer, version: ProtocolVersion, options = 0, id = 9): Buffer =>
  rawPacket(0x82, twoBytes(id), Buffer.alloc(version === 5 ? 1 : 0), prefixed(filter), Buffer.of(options));

/** What no string of MQTT may have in it (MQTT 5, 1.5.4). */
const badStrings: readonly Buffer[] = Object.freeze([
  Buffer.from("abuse/\0"),
  Buffer.from([0x61, 0xc0, 0x80]),
  Buffer.from([0x61, 0xed, 0xa0, 0x80]),
  Buffer.from([0x61, 0xf5, 0x80, 0x80, 0x80]),
  Buffer.from([0x61, 0xe2, 0x82]),
  Buffer.from([0x80, 0x61]),
  Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]),
]);

/** Types that only a server sends. */
const serverTypes = [packetTypes.connack, packetTypes.suback, packetTypes.unsuback] as const;

const lengthKinds: readonly PacketKind[] = [
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

const headerKinds: readonly PacketKind[] = [
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

const contentKinds: readonly PacketKind[] = [
  {
    name: "string that is not UTF-8",
    stage: "after log-in",
    ends: true,
    make: (random, version) => {
      const text = random.pick(badStrings);
      return random.percent(50) ? publish(text, version) : subscribe(text, version);
    },
  },
  {
    name: "wildcard in a topic name",
    stage: "after log-in",
    ends: true,
    make: (random, version) => publish(random.pick(["abuse/#", "+/a", "abuse/+", "#"]), version),
  },
  {
    name: "filter that is none",
    stage: "after log-in",
    ends: true,
    make: (random, version) =>
      subscribe(
        random.pick(["abuse/#/a", "abuse#", "a+", "+a/b", "", "$share/", "$share//a", "$share/+/a"]),
        version,
      ),
  },
  {
    name: "SUBSCRIBE without a filter",
    stage: "after log-in",
    ends: true,
    make: (random, version) =>
      rawPacket(
        random.pick([0x82, 0xa2]),
        twoBytes(1 + random.below(9)),
        Buffer.alloc(version === 5 ? 1 : 0),
      ),
  },
  {
    name: "reserved subscription options",
    stage: "after log-in",
    ends: true,
    make: (random, version) => subscribe(ABUSE_TOPIC, version, random.pick([0x03, 0x80, 0xc0, 0xff])),
  },
  {
    name: "acknowledgement of nothing",
    stage: "after log-in",
    ends: false,
    make: (random) =>
      Buffer.concat(
        Array.from({ length: 1 + random.below(20) }, () =>
          rawPacket(random.pick([0x40, 0x50, 0x62, 0x70]), twoBytes(1 + random.below(65_535))),
        ),
      ),
  },
  {
    name: "topic of many levels",
    stage: "after log-in",
    ends: false,
    make: (random, version) => {
      const topic = ABUSE_TOPIC + "/".repeat(150 + random.below(64_000));
      return random.percent(50) ? publish(topic, version) : subscribe(topic, version);
    },
  },
  {
    name: "flipped bits",
    stage: "either",
    ends: false,
    make: (random, version) => {
      const packet = Buffer.from(valid(random, version));
      for (let flips = 1 + random.below(4); flips > 0; flips -= 1) {
        const place = random.below(packet.length);
        packet[place] = (packet[place] ?? 0) ^ (1 << random.below(8));
      }
      return packet;
    },
  },
  { name: "noise", stage: "either", ends: false, make: (random) => random.bytes(1 + random.below(400)) },
];

/** Every way for an MQTT packet to be wrong that is tried. */
export const packetKinds: readonly PacketKind[] = Object.freeze([
  ...lengthKinds,
  ...headerKinds,
  ...contentKinds,
  ...connectKinds,
  ...propertyKinds,
]);
