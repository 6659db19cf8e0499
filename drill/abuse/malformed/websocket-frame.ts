/** What a frame carries (RFC 6455, 5.2). */
export const opcodes = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });

export interface FrameOptions {
  /** @default binary */
  readonly opcode?: number;
  /** @default true */
  readonly final?: boolean;
  /** Three bits. @default 0 */
  readonly reserved?: number;
  /** Four bytes, or none, which no client may send. @default four fixed bytes */
  readonly mask?: Buffer | "none";
  /** What the header says of the payload's length. @default its length */
  readonly length?: bigint;
  /** How many bytes the length takes; 0 is within the second byte. @default the fewest */
  readonly lengthBytes?: 0 | 2 | 8;
}

const MASK = Buffer.from([0x4e, 0x61, 0x62, 0x6f]);

/** A frame of a client, as it should be where no option says otherwise. */
export function frame(payload: Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = opcodes.binary, final = true, reserved = 0, mask = MASK } = options;
  const { length = BigInt(payload.length), lengthBytes = fewest(length) } = options;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const masked = mask === "none" ? 0 : 0x80;
  const extended = { 0: Buffer.alloc(0), 2: Buffer.alloc(2), 8: Buffer.alloc(8) }[lengthBytes];
  if (lengthBytes === 2) extended.writeUInt16BE(Number(length & 0xffffn));
  if (lengthBytes === 8) extended.writeBigUInt64BE(length);
  const short = { 0: Number(length & 0x7fn), 2: 126, 8: 127 }[lengthBytes];
  const header = Buffer.concat([Buffer.of(first, masked | short), extended]);
  if (mask === "none") return Buffer.concat([header, payload]);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function fewest(length: bigint): 0 | 2 | 8 {
  if (length < 126n) return 0;
  return length < 65_536n ? 2 : 8;
}

/** The request that turns an HTTP connection into one of WebSocket frames (RFC 6455, 4.1). */
export const upgradeRequest = [
  "GET /mqtt HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: mqtt",
  "",
  "",
].join("\r\n");
