import type { PacketKind } from "./kind.ts";
import { prefixed, rawPacket, twoBytes } from "./mqtt-bytes.ts";

interface Connect {
  readonly name?: string;
  readonly level: number;
  readonly flags: number;
  /** What is behind the keepalive and, in MQTT 5, the properties. */
  readonly payload?: Buffer;
}

const connect = ({ name = "MQTT", level, flags, payload = prefixed("abuse") }: Connect): Buffer =>
  rawPacket(
    0x10,
    prefixed(name),
    Buffer.of(level, flags),
    twoBytes(60),
    Buffer.alloc(level === 5 ? 1 : 0),
    payload,
  );

const CLEAN = 0x02;
const PASSWORD = 0x40;
const USER = 0x80;
const WILL = 0x04;
const WILL_QOS_3 = 0x18;
const WILL_RETAIN = 0x20;

/** Ways for a CONNECT to be wrong (MQTT 5, 3.1). */
export const connectKinds: readonly PacketKind[] = Object.freeze([
  {
    name: "CONNECT of another protocol",
    stage: "before log-in",
    ends: true,
    make: (random, level) =>
      connect({ name: random.pick(["MQTTT", "mqtt", "", "HTTP"]), level, flags: CLEAN }),
  },
  {
    name: "CONNECT of another version",
    stage: "before log-in",
    ends: true,
    make: (random) => connect({ level: random.pick([0, 1, 2, 6, 7, 127, 255]), flags: CLEAN }),
  },
  {
    name: "CONNECT with the reserved flag",
    stage: "before log-in",
    ends: true,
    make: (random, level) => connect({ level, flags: 1 | (random.below(128) << 1) }),
  },
  {
    name: "CONNECT whose flags promise more",
    stage: "before log-in",
    ends: true,
    make: (random, level) => connect({ level, flags: CLEAN | random.pick([USER, USER | PASSWORD, WILL]) }),
  },
  {
    name: "CONNECT with a will of QoS 3",
    stage: "before log-in",
    ends: true,
    make: (_, level) => {
      const will = [
        prefixed("abuse"),
        Buffer.alloc(level === 5 ? 1 : 0),
        prefixed("abuse/will"),
        prefixed(""),
      ];
      return connect({ level, flags: CLEAN | WILL | WILL_QOS_3, payload: Buffer.concat(will) });
    },
  },
  {
    name: "CONNECT with flags of a will and none",
    stage: "before log-in",
    ends: true,
    make: (random, level) => connect({ level, flags: CLEAN | random.pick([WILL_RETAIN, 0x08, 0x10]) }),
  },
  {
    name: "CONNECT whose strings are beyond it",
    stage: "before log-in",
    ends: true,
    make: (random, level) =>
      connect({
        level,
        flags: CLEAN,
        payload: Buffer.concat([twoBytes(2 + random.below(60_000)), random.bytes(1)]),
      }),
  },
  {
    name: "CONNECT with a client id that is not UTF-8",
    stage: "before log-in",
    ends: true,
    make: (random, level) =>
      connect({
        level,
        flags: CLEAN,
        payload: prefixed(Buffer.from([random.pick([0xff, 0xc0, 0x80]), 0x80])),
      }),
  },
  {
    name: "CONNECT without a client id for a session",
    stage: "before log-in",
    version: 4,
    ends: true,
    make: () => connect({ level: 4, flags: 0, payload: prefixed("") }),
  },
  {
    name: "second CONNECT",
    stage: "after log-in",
    ends: true,
    make: (random, level) => connect({ level: random.pick([3, 4, 5, level]), flags: CLEAN }),
  },
] satisfies PacketKind[]);
