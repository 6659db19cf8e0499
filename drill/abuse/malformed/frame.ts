import { ABUSE_TOPIC } from "./good-packet.ts";
import { prefixed, rawPacket } from "./mqtt-bytes.ts";
import type { Random } from "./random.ts";
import { type FrameOptions, frame, opcodes } from "./websocket-frame.ts";

/** One way for WebSocket frames to be wrong, or right and rare. */
export interface FrameKind {
  readonly name: string;
  /** Whether a broker has to end the connection. Mosquitto takes some things that RFC 6455 forbids. */
  readonly ends: boolean;
  /** Written one after the other, with a pause between. */
  readonly make: (random: Random) => readonly Buffer[];
}

const one = (name: string, ends: boolean, make: (random: Random) => Buffer): FrameKind => ({
  name,
  ends,
  make: (random) => [make(random)],
});

/** A publish of a client that is logged in; before that, a first packet that is not CONNECT. */
const packet = (random: Random): Buffer =>
  rawPacket(0x30, prefixed(ABUSE_TOPIC), Buffer.alloc(1), random.bytes(random.below(60)));

const control = (random: Random): number => random.pick([opcodes.close, opcodes.ping, opcodes.pong]);

const headerKinds: readonly FrameKind[] = [
  one("frame with reserved bits", true, (random) => frame(packet(random), { reserved: 1 + random.below(7) })),
  one("frame of a reserved opcode", true, (random) =>
    frame(packet(random), { opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) }),
  ),
  one("text frame", true, (random) => frame(packet(random), { opcode: opcodes.text })),
  one("frame without a mask", false, (random) => frame(packet(random), { mask: "none" })),
  one("frame with a mask of zeros", false, (random) => frame(packet(random), { mask: Buffer.alloc(4) })),
  one("length in more bytes than it takes", false, (random) =>
    frame(packet(random), { lengthBytes: random.pick([2, 8]) }),
  ),
  one("length of 64 bits beyond any payload", true, (random) =>
    frame(packet(random), { lengthBytes: 8, length: random.pick(HUGE) }),
  ),
  one("payload cut short", false, (random) => {
    const payload = packet(random);
    return frame(payload, { length: BigInt(payload.length + 1 + random.below(70_000)) });
  }),
];

const HUGE: readonly bigint[] = Object.freeze([
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 63n - 1n,
  2n ** 32n,
  2n ** 28n,
]);

const controlKinds: readonly FrameKind[] = [
  one("control frame in fragments", true, (random) =>
    frame(random.bytes(random.below(9)), { opcode: control(random), final: false }),
  ),
  one("control frame longer than 125 bytes", true, (random) =>
    frame(random.bytes(126 + random.below(500)), { opcode: control(random) }),
  ),
  one("close frame of one byte", true, (random) => frame(random.bytes(1), { opcode: opcodes.close })),
  one("close frame with a code that is none", false, (random) =>
    frame(Buffer.from([random.below(4), random.below(256)]), { opcode: opcodes.close }),
  ),
  one("close frame whose reason is not UTF-8", false, (random) =>
    frame(Buffer.concat([Buffer.from([0x03, 0xe8, 0xc0, 0x80]), random.bytes(random.below(100))]), {
      opcode: opcodes.close,
    }),
  ),
  one("frames behind a close frame", false, (random) =>
    Buffer.concat([frame(Buffer.from([0x03, 0xe8]), { opcode: opcodes.close }), frame(packet(random))]),
  ),
  one("pings and pongs with payloads", false, (random) =>
    Buffer.concat(
      Array.from({ length: 1 + random.below(40) }, () =>
        frame(random.bytes(random.below(126)), { opcode: random.pick([opcodes.ping, opcodes.pong]) }),
      ),
    ),
  ),
];

const fragmentKinds: readonly FrameKind[] = [
  one("continuation of nothing", false, (random) => frame(packet(random), { opcode: opcodes.continuation })),
  one("fragments with a data frame between", false, (random) =>
    Buffer.concat([
      frame(random.bytes(3), { final: false }),
      frame(packet(random)),
      continuation(random.bytes(3)),
    ]),
  ),
  {
    name: "packet in fragments with control frames between",
    ends: false,
    make: (random) => {
      const bytes = packet(random);
      const cut = 1 + random.below(bytes.length - 1);
      const between = frame(random.bytes(random.below(126)), { opcode: control(random) });
      return [frame(bytes.subarray(0, cut), { final: false }), between, continuation(bytes.subarray(cut))];
    },
  },
  one("empty frames", false, (random) =>
    Buffer.concat(Array.from({ length: 1 + random.below(30) }, () => empty(random))),
  ),
  {
    // Mosquitto 2.1.2 takes the header of an empty frame for payload (eclipse-mosquitto/mosquitto issue 3704).
    name: "empty frame inside a packet",
    ends: false,
    make: (random) => {
      const bytes = packet(random);
      const missing = 1 + random.below(Math.min(8, bytes.length - 2));
      const rest = random.bytes(missing + random.pick([0, 100, 4_000, 60_000]));
      return [frame(bytes.subarray(0, bytes.length - missing)), empty(random), frame(rest)];
    },
  },
  {
    name: "frame in pieces",
    ends: false,
    make: (random) => {
      const bytes = frame(packet(random), { lengthBytes: random.pick([2, 8]) });
      const cut = 1 + random.below(bytes.length - 1);
      return [bytes.subarray(0, cut), bytes.subarray(cut)];
    },
  },
  one("noise behind an upgrade", false, (random) => random.bytes(1 + random.below(400))),
];

function continuation(payload: Buffer, options: FrameOptions = {}): Buffer {
  return frame(payload, { opcode: opcodes.continuation, ...options });
}

function empty(random: Random): Buffer {
  return frame(Buffer.alloc(0), {
    opcode: random.pick([opcodes.binary, opcodes.continuation, opcodes.ping]),
  });
}

/** Every way for WebSocket frames to be wrong that is tried. */
export const frameKinds: readonly FrameKind[] = Object.freeze([
  ...headerKinds,
  ...controlKinds,
  ...fragmentKinds,
]);
