/** Opcodes of RFC 6455, 5.2. */
const OPCODES = Object.freeze({ binary: 0x2, close: 0x8 });

/** The first bit of a frame that ends its message, and the one that says that a mask follows. */
const FLAG = 0x80;

/** Lengths of 126 and more take two more bytes, those beyond 65,535 eight. */
const LENGTHS = Object.freeze({ two: 126, eight: 127 });

/**
 * Bytes as one binary frame of a client.
 *
 * A client has to mask (RFC 6455, 5.3), against proxies that could take chosen bytes for a request. Here nobody has
 * chosen any, so the mask is 0 and changes nothing.
 */
export function frame(bytes: Buffer): Buffer {
  const { length } = bytes;
  const mask = Buffer.alloc(4);
  const first = FLAG | OPCODES.binary;
  if (length < LENGTHS.two) return Buffer.concat([Buffer.of(first, FLAG | length), mask, bytes]);
  if (length <= 0xffff) {
    return Buffer.concat([Buffer.of(first, FLAG | LENGTHS.two, length >> 8, length & 0xff), mask, bytes]);
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = FLAG | LENGTHS.eight;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, mask, bytes]);
}

/** Takes the frames of a server, which are not masked, and gives what is in them. */
export class FrameReader {
  readonly #received: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(received: (bytes: Buffer) => void) {
    this.#received = received;
  }

  /** Whether more may come: the server has not closed. */
  read(bytes: Buffer): boolean {
    let left = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let head = headOf(left); head !== undefined; head = headOf(left)) {
      const end = head.start + head.length;
      if (left.length < end) break;
      if (head.opcode === OPCODES.close) return false;
      if (head.opcode <= OPCODES.binary && head.length > 0) this.#received(left.subarray(head.start, end));
      left = left.subarray(end);
    }
    this.#rest = left;
    return true;
  }
}

/** Where a frame's payload begins, and how long it is; nothing before all of its head is here. */
function headOf(bytes: Buffer): { opcode: number; start: number; length: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const opcode = first & 0x0f;
  const short = second & ~FLAG;
  if (short < LENGTHS.two) return { opcode, start: 2, length: short };
  if (short === LENGTHS.two) {
    return bytes.length < 4 ? undefined : { opcode, start: 4, length: bytes.readUInt16BE(2) };
  }
  return bytes.length < 10 ? undefined : { opcode, start: 10, length: Number(bytes.readBigUInt64BE(2)) };
}
