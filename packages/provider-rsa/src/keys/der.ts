/** One value of DER (ITU-T X.690 §10), with a tag of one byte. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** The tags that RSA keys need (ITU-T X.690 §8). */
export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** The values that stand one after another in `bytes`, or `undefined` if they do not fill it exactly. */
export function parseDer(bytes: Uint8Array<ArrayBuffer>): readonly DerValue[] | undefined {
  const values: DerValue[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const tag = bytes[offset]!;
    const first = bytes[offset + 1] ?? 0x80;
    offset += 2;
    let length = first;
    if (first >= 0x80) {
      // §8.1.3.5: the low seven bits say how many bytes of length follow; 0 is the indefinite form, which DER forbids.
      const lengthBytes = first & 0x7f;
      if (lengthBytes < 1 || lengthBytes > 3 || offset + lengthBytes > bytes.length) return undefined;
      length = 0;
      for (let index = 0; index < lengthBytes; index++) length = length * 256 + bytes[offset + index]!;
      offset += lengthBytes;
    }
    if (offset + length > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(offset, offset + length) });
    offset += length;
  }
  return values;
}

/** The values inside the one value in `bytes`, if that is a sequence. */
export function parseDerSequence(bytes: Uint8Array<ArrayBuffer>): readonly DerValue[] | undefined {
  const values = parseDer(bytes);
  return values?.length === 1 && values[0]!.tag === derTag.sequence
    ? parseDer(values[0]!.content)
    : undefined;
}

/** The DER of one value whose content is `parts`, joined; at most 65,535 bytes of it. */
export function formatDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  const der = new Uint8Array(head.length + length);
  der.set(head);
  let offset = head.length;
  for (const part of parts) {
    der.set(part, offset);
    offset += part.length;
  }
  return der;
}
