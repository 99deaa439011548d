import { existsSync, readFileSync } from 'node:fs';
import { decodeBase64, type UnwrapKeyRequest } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { rsaProviderOn } from '../src/provider/rsa-provider.js';
import { ports } from './ports.js';

// Objects that other software encrypted, kept beside the repository, not in it.
const vectors = new URL('../../../../shared/vectors/', import.meta.url);

if (!existsSync(vectors)) {
  const absent = 'The vectors of other software are absent (../shared/vectors); their tests did not run.';
  console.warn(absent);
  test('the vectors of other software are there in CI', () => {
    expect(process.env.CI ? absent : '').toBe('');
  });
} else {
  const read = (path: string): string => readFileSync(new URL(path, vectors), 'utf8');
  const envelope = (headers: Record<string, string>): UnwrapKeyRequest => {
    const documented = headers['x-oss-meta-oss-crypto-key'] !== undefined;
    const prefix = documented ? 'x-oss-meta-oss-crypto-' : 'x-oss-meta-client-side-encryption-';
    return {
      format: documented ? 'oss-crypto' : 'client-side-encryption',
      wrapAlgorithm: documented ? 'rsa-oaep-sha1' : 'rsa-pkcs1',
      wrappedKey: decodeBase64(headers[`${prefix}key`]!)!,
      wrappedStart: decodeBase64(headers[`${prefix}start`]!)!,
    };
  };
  const generated = JSON.parse(read('generated.json'));
  const objects: readonly (readonly [string, UnwrapKeyRequest])[] = [
    ...['cpp-rsa', 'go-rsa', '2018-rsa'].map(
      (name) => [name, envelope(JSON.parse(read(`official/${name}.meta.json`)))] as const,
    ),
    ...['py2018-rsa', 'py-rsa-pkcs1', 'py-multipart'].map(
      (name) => [name, envelope(generated[name].meta)] as const,
    ),
  ];

  describe.each(ports)('unwraps what the official SDKs wrote, on the $name port', ({ port }) => {
    test.each(['compat-key.pkcs1.pem', 'compat-key.pkcs8.pem'])('with %s', async (file) => {
      const provider = rsaProviderOn(port, {
        privateKey: read(`keys/${file}`),
        allowSmallKeysForReading: true,
        allowPkcs1DecryptionInJavaScript: true,
      });
      for (const [name, request] of objects) {
        const { key, start } = await provider.unwrapKey(request);
        expect(key.bytes.length, name).toBe(32);
        if (request.format === 'oss-crypto') expect(new TextDecoder().decode(start), name).toMatch(/^\d+$/);
        else expect(start?.length, name).toBe(16);
        if (name === '2018-rsa') expect(new TextDecoder().decode(start)).toBe('8');
      }
    });

    test.each(['compat-pub.pkcs1.pem', 'compat-pub.spki.pem'])(
      'and takes %s as its public half',
      async (file) => {
        const provider = rsaProviderOn(port, {
          publicKey: read(`keys/${file}`),
          privateKey: read('keys/compat-key.pkcs8.pem'),
          allowSmallKeysForReading: true,
        });
        const { key } = await provider.unwrapKey(objects[2]![1]);
        expect(key.bytes.length).toBe(32);
        await expect(
          provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1') }),
        ).rejects.toMatchObject({ code: 'ERR_MASTER_KEY', message: /1024 bits/ });
      },
    );
  });
}
