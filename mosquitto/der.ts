/** One element of a DER encoding (X.690, 8.1). */
export interface DerElement {
  /** The identifier octet, such as 0x30 for a SEQUENCE. */
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * The elements that follow each other in a DER encoding; those inside one are read from its content.
 *
 * @throws RangeError for tags of more than one octet, indefinite lengths, and elements that are cut off.
 */
export function derElements(der: Buffer): DerElement[] {
  const found: DerElement[] = [];
  for (let offset = 0; offset < der.length; ) {
    const tag = der.readUInt8(offset);
    const first = der.readUInt8(offset + 1);
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if ((tag & 0x1f) === 0x1f || first === 0x80 || extra > 4) throw new RangeError("not a DER element");
    const length = extra === 0 ? first : der.readUIntBE(offset + 2, extra);
    const start = offset + 2 + extra;
    if (start + length > der.length) throw new RangeError("a DER element is cut off");
    found.push({ tag, content: der.subarray(start, start + length) });
    offset = start + length;
  }
  return found;
}
