import { connectKinds } from "./connect.ts";
import { ABUSE_TOPIC, publish, subscribe, valid } from "./good-packet.ts";
import { headerKinds, lengthKinds } from "./header.ts";
import type { PacketKind } from "./kind.ts";
import { rawPacket, twoBytes } from "./mqtt-bytes.ts";
import { propertyKinds } from "./properties.ts";

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
