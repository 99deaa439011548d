import { decodeBase64, type UnwrapKeyRequest } from '@oss-envelope/core';
import { generatedObjects, readVectorText } from '@oss-envelope/test-kit';
import { describe, expect, test } from 'vitest';
import { rsaProviderOn } from '../src/provider/rsa-provider.js';
import { ports } from './ports.js';

const envelope = (headers: Readonly<Record<string, string>>): UnwrapKeyRequest => {
  const documented = headers['x-oss-meta-oss-crypto-key'] !== undefined;
  const prefix = documented ? 'x-oss-meta-oss-crypto-' : 'x-oss-meta-client-side-encryption-';
  return {
    format: documented ? 'oss-crypto' : 'client-side-encryption',
    wrapAlgorithm: documented ? 'rsa-oaep-sha1' : 'rsa-pkcs1',
    wrappedKey: decodeBase64(headers[`${prefix}key`]!)!,
    wrappedStart: decodeBase64(headers[`${prefix}start`]!)!,
  };
};
const objects = [
  ...['py2018-rsa', 'py-rsa-pkcs1', 'py-multipart'].map((name) => generatedObjects().get(name)!),
].map(({ name, headers }) => [name, envelope(headers)] as const);
const documented = objects.find(([, { format }]) => format === 'oss-crypto')!;

describe.each(ports)('unwraps what the official SDKs wrote, on the $name port', ({ port }) => {
  test.each(['compat-key.pkcs1.pem', 'compat-key.pkcs8.pem'])('with %s', async (file) => {
    const provider = rsaProviderOn(port, {
      privateKey: readVectorText(`keys/${file}`),
      allowSmallKeysForReading: true,
      allowPkcs1DecryptionInJavaScript: true,
    });
    for (const [name, request] of objects) {
      const { key, start } = await provider.unwrapKey(request);
      expect(key.bytes.length, name).toBe(32);
      if (request.format === 'oss-crypto') expect(new TextDecoder().decode(start), name).toMatch(/^\d+$/);
      else expect(start?.length, name).toBe(16);
    }
  });

  test.each(['compat-pub.pkcs1.pem', 'compat-pub.spki.pem'])(
    'and takes %s as its public half',
    async (file) => {
      const provider = rsaProviderOn(port, {
        publicKey: readVectorText(`keys/${file}`),
        privateKey: readVectorText('keys/compat-key.pkcs8.pem'),
        allowSmallKeysForReading: true,
      });
      const { key } = await provider.unwrapKey(documented[1]);
      expect(key.bytes.length).toBe(32);
      await expect(
        provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1') }),
      ).rejects.toMatchObject({ code: 'ERR_MASTER_KEY', message: /1024 bits/ });
    },
  );
});
