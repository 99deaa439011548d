import { createDecipheriv } from 'node:crypto';
import { decodeBase64, type FormatName } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { type ForeignObject, generatedObjects, readVectorText, sha256 } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kmsProvider } from '../src/index.js';
import { GeneratedClient } from './generated-clients.js';
import { KmsClient12, providerWays } from './provider-ways.js';

const generated = generatedObjects();

const wrappedValues = ({ headers }: ForeignObject) => {
  const format: FormatName =
    headers['x-oss-meta-oss-crypto-key'] === undefined ? 'client-side-encryption' : 'oss-crypto';
  const prefix = format === 'oss-crypto' ? 'x-oss-meta-oss-crypto-' : 'x-oss-meta-client-side-encryption-';
  return {
    format,
    wrappedKey: decodeBase64(headers[`${prefix}key`]!)!,
    wrappedStart: decodeBase64(headers[`${prefix}start`]!)!,
  };
};
const objects = [...['py2018-kms', 'py-kms', 'go-kms'].map((name) => generated.get(name)!)];

let kms: LocalKms;
beforeAll(async () => {
  kms = await startKms();
  for (const { kmsAnswers } of objects) {
    for (const [blob, plaintext] of kmsAnswers) kms.answers.set(blob, plaintext);
  }
});
afterAll(() => kms.close());

const counterBlock = (format: FormatName, start: Uint8Array): Uint8Array => {
  if (format === 'client-side-encryption') return start;
  const block = Buffer.alloc(16);
  block.writeBigUInt64BE(BigInt(new TextDecoder().decode(start)), 8);
  return block;
};

describe.each(providerWays)('by $name', (way) => {
  // A7, C6.
  test.each(objects)('opens $name', async (object) => {
    const { format, ...wrapped } = wrappedValues(object);
    kms.requests.clear();
    const opened = await way.make({ url: kms.url }).unwrapKey({ format, wrapAlgorithm: 'kms', ...wrapped });
    expect(kms.requests.actions).toEqual(['Decrypt', 'Decrypt']);
    expect(opened.key.bytes.length).toBe(32);
    const cipher = createDecipheriv('aes-256-ctr', opened.key.bytes, counterBlock(format, opened.start!));
    const plaintext = Buffer.concat([cipher.update(object.ciphertext), cipher.final()]);
    expect(sha256(plaintext)).toBe(object.plaintextSha256);
  });
});

describe('what is written has the shape of the recorded requests', () => {
  const asOss2 = (log: ForeignObject['kmsLog']): [string, Record<string, string>][] =>
    log.map(([name, { accept_format: _format, method, EncryptionContext, ...parameters }]) => {
      expect(method).toBe('POST');
      // An empty context is none; it is left out here.
      expect(EncryptionContext).toBe('');
      return [
        name.replace(/Request$/, ''),
        Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, String(value)])),
      ];
    });
  const logged = (): [string | undefined, Record<string, string>][] =>
    [...kms.requests]
      .map(({ action, parameters, method }): [string | undefined, Record<string, string>] => {
        expect(method).toBe('POST');
        const own = Object.entries(parameters).filter(
          ([name]) => !/^(?:Action|Format|Timestamp|Version|Signature.*|AccessKeyId)$/.test(name),
        );
        return [action, Object.fromEntries(own)];
      })
      .sort(([a], [b]) => String(b).localeCompare(String(a)));

  test.each([
    ['py2018-kms', 'oss-crypto', 'standard'],
    ['py-kms', 'client-side-encryption', 'oss2'],
  ] as const)('as %s', async (name, format, layering) => {
    kms.keys.create();
    const log = asOss2(generated.get(name)!.kmsLog);
    const recordedStart = log[1]![1].Plaintext!;
    const start =
      format === 'oss-crypto' ? new TextEncoder().encode(recordedStart) : decodeBase64(recordedStart)!;
    const keyId = await kms.createKey({ alias: `alias/${name}` });
    for (const way of providerWays) {
      kms.requests.clear();
      const created = await way.make({ url: kms.url }, { keyId, layering }).wrapKey({ format, start });
      const expected = log.map(([action, parameters]) => [action, { ...parameters, KeyId: keyId }]);
      expect(logged(), way.name).toEqual(expected.sort(([a], [b]) => String(b).localeCompare(String(a))));
      // The header's shape: as many layers of base64 as the recorded one has.
      const layers = (bytes: Uint8Array): number => {
        const inner = decodeBase64(new TextDecoder().decode(bytes));
        return inner === undefined ? 1 : 1 + layers(inner);
      };
      const recorded = wrappedValues(generated.get(name)!);
      expect(layers(created.wrappedKey)).toBe(layers(recorded.wrappedKey));
      expect(layers(created.wrappedStart!)).toBe(layers(recorded.wrappedStart));
    }
  });

  const recordings = JSON.parse(readVectorText('kms-requests.json'));
  const record = (group: string, name: string) =>
    recordings[group].records.find((candidate: { name: string }) => candidate.name === name).requests[0];
  const v1 = 'kms20160120@1.2.0';
  const v2 = '2.x/3.x call shape (openapi-client 0.4.15 / openapi-core 1.0.8)';

  test('of the client of 1.2: names of all parameters and headers', async () => {
    const keyId = await kms.createKey();
    const provider = kmsProvider({
      client: new KmsClient12({ ...defaultKmsAccount, endpoint: kms.endpoint, protocol: 'http' }),
      keyId,
      encryptionContext: { a: '1', b: '2' },
    });
    kms.requests.clear();
    const format = 'client-side-encryption';
    const { wrappedKey, wrappedStart } = await provider.wrapKey({
      format,
      start: new Uint8Array(16),
    });
    await provider.unwrapKey({ format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart });
    for (const [action, recorded] of [
      ['GenerateDataKey', record(v1, 'GenerateDataKey json-string context')],
      ['Encrypt', record(v1, 'Encrypt')],
      ['Decrypt', record(v1, 'Decrypt')],
    ]) {
      const sent = kms.requests.of(action)[0]!;
      const more = action === 'GenerateDataKey' ? ['NumberOfBytes'] : [];
      expect(Object.keys(sent.parameters).sort()).toEqual([...Object.keys(recorded.query), ...more].sort());
      const names = Object.keys(recorded.headers).map((name) => name.toLowerCase());
      expect(Object.keys(sent.headers).sort()).toEqual(names.sort());
      expect(sent.parameters.EncryptionContext).toBe('{"a":"1","b":"2"}');
    }
  });

  test.each(['2.x', '3.x'] as const)(
    'of a client in the shape of %s: context as an object',
    async (generation) => {
      const client = new GeneratedClient(generation, {
        ...defaultKmsAccount,
        endpoint: kms.endpoint,
        protocol: 'http',
      });
      const keyId = await kms.createKey();
      const provider = kmsProvider({ client, keyId, encryptionContext: { b: '2', a: '1' } });
      kms.requests.clear();
      const format = 'client-side-encryption';
      await provider.wrapKey({ format, start: new Uint8Array(16) });
      expect(client.calls.map(({ request }) => request.encryptionContext)).toEqual([
        { a: '1', b: '2' },
        { a: '1', b: '2' },
      ]);
      for (const { runtime } of client.calls) {
        expect(runtime).toEqual({
          autoretry: false,
          maxAttempts: 1,
          ignoreSSL: false,
          connectTimeout: 10_000,
          readTimeout: 10_000,
        });
      }
      const recorded = record(v2, '3.x GenerateDataKey');
      const sent = kms.requests.of('GenerateDataKey')[0]!;
      expect(Object.keys(sent.parameters).sort()).toEqual(
        [...Object.keys(recorded.query), 'NumberOfBytes'].sort(),
      );
      expect(sent.generation).toBe('acs3');
    },
  );

  test('of signed fetch: the parameters and signed headers of the clients of 3.x', async () => {
    const sts = { accessKeyId: 'STS.1', accessKeySecret: 's', securityToken: 't' };
    kms.accounts.add(sts);
    const way = providerWays.find(({ name }) => name === 'signed fetch')!;
    kms.requests.clear();
    const keyId = await kms.createKey();
    const provider = way.make({ url: kms.url, credentials: sts }, { keyId, encryptionContext: { a: '1' } });
    await provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1234') });
    const recorded = record(v2, '3.x STS');
    const signedHeaders = (authorization: string): string[] =>
      /SignedHeaders=([^,]+)/.exec(authorization)![1]!.split(';');
    const expected = signedHeaders(recorded.headers.Authorization).filter(
      // Of no use to the service: the official clients tell it where their credentials come from.
      (name) => name !== 'x-acs-credentials-provider' && name !== 'content-type',
    );
    expect(kms.requests.length).toBe(2);
    for (const request of kms.requests) {
      expect(signedHeaders(request.headers.authorization!)).toEqual(expected);
      expect(request.body.length).toBe(0);
    }
  });
});
