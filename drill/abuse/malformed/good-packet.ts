import type { Packet } from "mqtt-packet";
import type { ProtocolVersion } from "../../../smoke-tests/reason-codes.ts";
import { prefixed, rawPacket, twoBytes, validPacket } from "./mqtt-bytes.ts";
import type { Random } from "./random.ts";

/** Where the clients of the abuse may publish and subscribe. */
export const ABUSE_TOPIC = "abuse";

/** A packet of a good client. */
export const valid = (random: Random, version: ProtocolVersion): Buffer =>
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

/** A PUBLISH, whatever is in it. */
export const publish = (
  topic: string | Buffer,
  version: ProtocolVersion,
  firstByte = 0x30,
  id?: number,
): Buffer =>
  rawPacket(
    firstByte,
    prefixed(topic),
    id === undefined ? Buffer.alloc(0) : twoBytes(id),
    Buffer.alloc(version === 5 ? 1 : 0),
    Buffer.from("payload"),
  );

/** A SUBSCRIBE, whatever is in it. */
export const subscribe = (filter: string | Buffer, version: ProtocolVersion, options = 0, id = 9): Buffer =>
  rawPacket(0x82, twoBytes(id), Buffer.alloc(version === 5 ? 1 : 0), prefixed(filter), Buffer.of(options));
