import type { PacketKind } from "./kind.ts";
import { prefixed, rawPacket, twoBytes, variableInteger } from "./mqtt-bytes.ts";

/** A PUBLISH with QoS 0 whose properties are these bytes, with any length before them. */
const publish = (
  properties: Buffer,
  length = variableInteger(properties.length),
  topic = "abuse/a",
): Buffer => rawPacket(0x30, prefixed(topic), length, properties, Buffer.from("payload"));

const subscribe = (properties: Buffer): Buffer =>
  rawPacket(
    0x82,
    twoBytes(1),
    variableInteger(properties.length),
    properties,
    prefixed("abuse/a"),
    Buffer.of(0),
  );

/** Identifiers of properties (MQTT 5, 2.2.2.2). */
const FORMAT = 0x01;
const RESPONSE_TOPIC = 0x08;
const SUBSCRIPTION = 0x0b;
const RECEIVE_MAXIMUM = 0x21;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

const alias = (number: number): Buffer => Buffer.concat([Buffer.of(TOPIC_ALIAS), twoBytes(number)]);

type Make = PacketKind["make"];

const kind = (name: string, make: Make, ends = true): PacketKind => ({
  name,
  stage: "after log-in",
  version: 5,
  ends,
  make,
});

/** Ways for the properties of a packet to be wrong. */
export const propertyKinds: readonly PacketKind[] = Object.freeze([
  kind("property that is none", (random) =>
    publish(Buffer.concat([Buffer.of(random.pick([0x00, 0x04, 0x7f, 0x30])), random.bytes(4)])),
  ),
  kind("property twice", (random) => {
    const one = random.pick([
      Buffer.of(FORMAT, 1),
      alias(1),
      Buffer.concat([Buffer.of(RESPONSE_TOPIC), prefixed("a")]),
    ]);
    return publish(Buffer.concat([one, one]));
  }),
  kind("property of another packet", (random) =>
    random.percent(50)
      ? publish(Buffer.concat([Buffer.of(RECEIVE_MAXIMUM), twoBytes(5)]))
      : subscribe(alias(1)),
  ),
  kind("property length beyond the packet", (random) =>
    publish(Buffer.of(FORMAT, 1), variableInteger(40 + random.below(200_000))),
  ),
  kind("property length of five bytes", () =>
    publish(Buffer.alloc(0), Buffer.of(0xff, 0xff, 0xff, 0xff, 0x01)),
  ),
  kind("property cut short", (random) =>
    publish(Buffer.concat([Buffer.of(USER_PROPERTY), twoBytes(100 + random.below(60_000)), random.bytes(3)])),
  ),
  kind("topic alias 0", () => publish(alias(0))),
  kind("topic alias beyond the maximum", (random) => publish(alias(60_000 + random.below(5_000)))),
  kind("topic alias that stands for nothing", (random) => publish(alias(1 + random.below(9)), undefined, "")),
  kind("subscription identifier 0", () => subscribe(Buffer.of(SUBSCRIPTION, 0))),
  kind("value that the property may not have", (random) => publish(Buffer.of(FORMAT, 2 + random.below(250)))),
  kind("wildcard in a response topic", (random) =>
    publish(Buffer.concat([Buffer.of(RESPONSE_TOPIC), prefixed(random.pick(["a/#", "+", "#"]))])),
  ),
  kind("AUTH without a method", (random) => rawPacket(0xf0, Buffer.of(random.pick([0x18, 0x19, 0x00]), 0))),
  kind(
    "many user properties",
    (random) =>
      publish(
        Buffer.concat(
          Array.from({ length: 1 + random.below(2_000) }, () =>
            Buffer.concat([Buffer.of(USER_PROPERTY), prefixed("k"), prefixed("v")]),
          ),
        ),
      ),
    false,
  ),
]);
