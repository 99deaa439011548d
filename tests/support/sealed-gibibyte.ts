import { constants, createCipheriv, createHmac, publicEncrypt, randomBytes } from 'node:crypto';

// A sealed object of 1 GiB whose bytes are made when they are read, from docs/formats.md alone.

const [chunkBytes, tagBytes, headBytes, sizeBytes] = [16_384, 16, 56, 2 ** 30];
const label = Buffer.from('oss-envelope/sealed/1');

/** The byte of its content at a place. */
export function gibibyteAt(offsetBytes: number): number {
  return (offsetBytes * 7 + Math.floor(offsetBytes / chunkBytes) * 13) % 251;
}

/** The stored body, as a function, and its metadata, for the RSA key (PEM) and under the object's key. */
export function sealedGibibyte(objectKey: string, publicKey: string) {
  const [dataKey, wrappingKey, salt, nonce] = [32, 32, 24, 12].map((size) => randomBytes(size)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  // S1, S11: there is no context.
  const info = Buffer.concat([
    Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
    salt,
    label,
    Buffer.from([0]),
  ]);
  const hmac = (...texts: Uint8Array[]): Buffer =>
    createHmac('sha512', dataKey).update(Buffer.concat(texts)).digest();
  const first = hmac(info, Uint8Array.of(1));
  const derived = Buffer.concat([first, hmac(first, info, Uint8Array.of(2))]);
  const head = Buffer.concat([salt, derived.subarray(44, 76)]);
  const seal = (key: Uint8Array, iv: Uint8Array, text: Uint8Array, additional: Uint8Array): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(additional);
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  };
  const sealedChunk = (number: number): Buffer => {
    const start = number * chunkBytes;
    const text = Buffer.alloc(Math.min(chunkBytes, sizeBytes - start));
    for (let at = 0; at < text.length; at++) text[at] = gibibyteAt(start + at);
    const iv = Buffer.from(derived.subarray(32, 44));
    // S2: the numbers here are small.
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ number) >>> 0, 8);
    return seal(derived.subarray(0, 32), iv, text, Buffer.alloc(0));
  };
  const binding = Buffer.concat([label, Buffer.from(`\0key\0${objectKey}`)]);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: label };
  const recipient = {
    wrap: 'rsa-oaep-sha256',
    kek: publicEncrypt({ key: publicKey, ...padding }, wrappingKey).toString('base64'),
    dek: Buffer.concat([nonce, seal(wrappingKey, nonce, dataKey, binding)]).toString('base64'),
  };
  const prefix = 'x-oss-meta-oss-envelope-';
  const sealedBytes = chunkBytes + tagBytes;
  return {
    headers: {
      [`${prefix}format`]: 'sealed/1',
      [`${prefix}head`]: head.toString('base64'),
      [`${prefix}bound`]: 'key',
      [`${prefix}key-1`]: JSON.stringify(recipient),
    },
    sizeBytes: headBytes + sizeBytes + tagBytes * (sizeBytes / chunkBytes + 1),
    compute(offsetBytes: number, lengthBytes: number): Uint8Array {
      const before = Math.max(0, offsetBytes - headBytes);
      const from = Math.floor(before / sealedBytes);
      const to = Math.ceil((offsetBytes + lengthBytes - headBytes) / sealedBytes);
      const chunks = Array.from({ length: Math.max(0, to - from) }, (_, index) => sealedChunk(from + index));
      const bytes = Buffer.concat(offsetBytes < headBytes ? [head, ...chunks] : chunks);
      const start = offsetBytes < headBytes ? offsetBytes : before - from * sealedBytes;
      return bytes.subarray(start, start + lengthBytes);
    },
  };
}
