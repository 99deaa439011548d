import { readFileSync } from 'node:fs';
import { encodeBase64 } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { ports } from './ports.js';

interface VectorFile {
  readonly keys: readonly {
    readonly bits: number;
    readonly privateKey: string;
    readonly cases: readonly {
      readonly name: string;
      readonly ciphertext: string;
      readonly message: string;
    }[];
  }[];
}

const { keys }: VectorFile = JSON.parse(
  readFileSync(new URL('./vectors/implicit-rejection.json', import.meta.url), 'utf8'),
);
const options = {
  passphrase: undefined,
  randomBytes: (lengthBytes: number) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
  allowPkcs1DecryptionInJavaScript: true,
};

describe.each(ports)('what OpenSSL gives, on the $name port', ({ port }) => {
  test.each(keys)('$bits bits', async ({ privateKey, cases }) => {
    expect(cases.length).toBe(40);
    const key = await port.openPrivateKey(privateKey, options);
    for (const { name, ciphertext, message } of cases) {
      const opened = await key.unwrap('rsa-pkcs1', Uint8Array.from(Buffer.from(ciphertext, 'base64')));
      expect(encodeBase64(opened), name).toBe(message);
    }
  });
});
