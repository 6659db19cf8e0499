import { describe, expect, it } from "vitest";
import { FrameReader, frame } from "./web-socket-frames.ts";

/** A server's frame: the same without a mask. */
function served(payload: Buffer, opcode = 2): Buffer {
  const masked = frame(payload);
  const start = masked.length - payload.length - 4;
  const head = Buffer.from(masked.subarray(0, start));
  head[0] = 0x80 | opcode;
  head[1] = (head[1] ?? 0) & 0x7f;
  return Buffer.concat([head, payload]);
}

describe("frames of WebSockets", () => {
  it.each([1, 125, 126, 65_535, 65_536])(
    "of %i bytes are read as they were written, in any pieces",
    (length) => {
      const payload = Buffer.alloc(length, 0x2e);
      const bytes = Buffer.concat([served(payload), served(Buffer.from("next"))]);
      for (const size of [1, 7, 4_096, bytes.length].filter((each) => bytes.length / each < 10_000)) {
        const read: Buffer[] = [];
        const reader = new FrameReader((some) => void read.push(Buffer.from(some)));
        for (let from = 0; from < bytes.length; from += size) {
          expect(reader.read(bytes.subarray(from, from + size))).toBe(true);
        }
        expect(read).toEqual([payload, Buffer.from("next")]);
      }
    },
  );

  it("that close the connection end it, and what is no data is passed over", () => {
    const read: string[] = [];
    const reader = new FrameReader((some) => void read.push(some.toString()));
    expect(reader.read(Buffer.concat([served(Buffer.from("ping"), 9), served(Buffer.from("data"))]))).toBe(
      true,
    );
    expect(reader.read(served(Buffer.alloc(2), 8))).toBe(false);
    expect(read).toEqual(["data"]);
  });
});
