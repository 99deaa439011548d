import { EncryptedBucket, type KeyProvider, SecretBytes, type UploadBody } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { collect, expectBytes, noise, rejectionOf } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import {
  type PresignedTransportOptions,
  presignedTransport,
  presigner,
  type SignableOperation,
  type SignatureVersion,
  type SignRequest,
} from '../src/index.js';
import { bucket, useLocalOss } from './local-bucket.js';

const local = useLocalOss();

const bytes = noise(500_000);
const all: readonly SignableOperation[] = ['copy', 'delete', 'drop-parts', 'get', 'head', 'parts', 'put'];

/** What a user's server does: JSON in, JSON out. */
function signOnServer(signatureVersion: SignatureVersion = 'v4') {
  const { endpoint, region } = local.options();
  const signer = presigner({ endpoint, region, bucket, credentials: defaultOssAccount, signatureVersion });
  return async (request: SignRequest) => {
    const asked: unknown = JSON.parse(JSON.stringify(request));
    return JSON.parse(JSON.stringify(await signer.sign(asked, { expiresSeconds: 60, allow: all })));
  };
}

function transportWith(options: Partial<PresignedTransportOptions> = {}) {
  return presignedTransport({ sign: signOnServer(), bucket, sleep: async () => {}, ...options });
}

/** Wraps by turning bits over: what matters here is what travels. */
const toyProvider: KeyProvider = {
  materialDescription: { for: 'tests' },
  wraps: { 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-pkcs1' },
  unwraps: ['rsa-oaep-sha1', 'rsa-pkcs1'],
  async wrapKey({ start }) {
    const key = crypto.getRandomValues(new Uint8Array(32));
    return { key: new SecretBytes(key), wrappedKey: key.map((byte) => ~byte), wrappedStart: start };
  },
  async unwrapKey({ wrappedKey, wrappedStart }) {
    return { key: new SecretBytes(wrappedKey.map((byte) => ~byte)), start: wrappedStart };
  },
};

describe.each(['v4', 'v1'] as const)('with signature version %s', (signatureVersion) => {
  it('does all that a transport does', async () => {
    const transport = transportWith({ sign: signOnServer(signatureVersion) });
    const body: UploadBody = { kind: 'bytes', bytes };
    const key = '云/a +.bin';
    await transport.put({ key, headers: { 'x-oss-meta-a': 'seven' }, body });
    const got = await transport.get({
      key,
      headers: { range: 'bytes=5-9', 'x-oss-range-behavior': 'standard' },
    });
    expect(got).toMatchObject({ status: 206, headers: { 'x-oss-meta-a': 'seven' } });
    expectBytes(await collect(got.chunks), bytes.subarray(5, 10));
    await transport.copy({ key: 'copy', sourceKey: key, headers: {} });
    expect((await transport.head({ key: 'copy', headers: {} })).headers['content-length']).toBe('500000');
    await transport.delete({ key: 'copy', headers: {} });

    const { uploadId } = await transport.parts.start({ key, headers: {} });
    const stored = await transport.parts.put({ key, headers: {}, uploadId, partNumber: 1, body });
    const part = { partNumber: 1, etag: stored.headers.etag ?? '' };
    const parts = await transport.parts.list({ key, headers: {}, uploadId });
    expect(parts).toMatchObject([{ partNumber: 1, etag: part.etag }]);
    await transport.parts.finish({ key, headers: {}, uploadId, parts: [part] });
    const dropped = await transport.parts.start({ key, headers: {} });
    await transport.parts.drop({ key, headers: {}, uploadId: dropped.uploadId });

    const chunks = (async function* () {
      yield bytes;
    })();
    await transport.put({ key, headers: {}, body: { kind: 'chunks', sizeBytes: undefined, chunks } });
    expectBytes((await local.oss.getObject(bucket, key)).bytes, bytes);
    for (const request of local.oss.requests) expect(request.headers).not.toHaveProperty('authorization');
  });

  it.each(['oss-crypto', 'client-side-encryption'] as const)(
    'carries encrypted objects (%s)',
    async (format) => {
      const signed: SignRequest[] = [];
      const signature = signOnServer(signatureVersion);
      const sign = async (request: SignRequest) => {
        signed.push(request);
        return signature(request);
      };
      const encrypted = new EncryptedBucket({
        transport: transportWith({ sign }),
        provider: toyProvider,
        format,
      });
      await encrypted.put('secret.bin', bytes, { metadata: { title: 'a' } });
      const stored = await local.oss.getObject(bucket, 'secret.bin');
      expect(Buffer.compare(stored.bytes, bytes)).not.toBe(0);
      const envelope = Object.keys(stored.headers).filter((name) => name.startsWith('x-oss-meta-'));
      expect(envelope.length).toBeGreaterThanOrEqual(5);
      // The server that signed saw all of the envelope, and none of the plaintext.
      expect(Object.keys(signed[0]!.headers)).toEqual(expect.arrayContaining(envelope));
      expectBytes(await (await encrypted.get('secret.bin')).bytes(), bytes);
      const range = await encrypted.get('secret.bin', { range: { offsetBytes: 1000, lengthBytes: 77 } });
      expectBytes(await range.bytes(), bytes.subarray(1000, 1077));
    },
  );
});

it('signs in the size of an upload that goes as one block, as all do in browsers', async () => {
  const signed: SignRequest[] = [];
  const signature = signOnServer();
  const sign = async (request: SignRequest) => {
    signed.push(request);
    return signature(request);
  };
  await transportWith({ sign, streamsRequests: false }).put({
    key: 'sized',
    headers: {},
    body: { kind: 'bytes', bytes },
  });
  expect(signed[0]?.headers['content-length']).toBe('500000');
  expect(local.oss.requests.last()?.url).toContain('x-oss-additional-headers=content-length');
  await transportWith({ sign }).put({ key: 'sized', headers: {}, body: { kind: 'bytes', bytes } });
  expect(signed[1]?.headers).not.toHaveProperty('content-length');
  expect(local.oss.requests.last()?.headers['content-length']).toBe('500000');
});

it('asks for a signature for each time that it sends', async () => {
  let asked = 0;
  const signature = signOnServer();
  const sign = async (request: SignRequest) => {
    asked++;
    return signature(request);
  };
  local.oss.faults.add({ kind: 'status', status: 503, times: 2 });
  await transportWith({ sign }).put({ key: 'again', headers: {}, body: { kind: 'bytes', bytes } });
  expect(asked).toBe(3);
  expect(local.oss.requests).toHaveLength(3);
});

it('sends nothing when the signer left a header out, or changed one', async () => {
  const signature = signOnServer();
  const headers = { 'x-oss-meta-oss-crypto-key': 'd3JhcHBlZA==' };
  for (const change of [{}, { 'x-oss-meta-oss-crypto-key': 'b3RoZXI=' }]) {
    const sign = async (request: SignRequest) => {
      const { 'x-oss-meta-oss-crypto-key': _key, ...others } = request.headers;
      return signature({ ...request, headers: { ...others, ...change } });
    };
    const put = transportWith({ sign }).put({ key: 'bare', headers, body: { kind: 'bytes', bytes } });
    const error = await rejectionOf(put);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'sign' });
    expect(String(error)).toContain('x-oss-meta-oss-crypto-key');
    expect(String(error)).not.toContain('d3Jh');
  }
  expect(local.oss.requests).toHaveLength(0);
});

it('lets the signer add headers, and leave them out of the answer when it signed them all', async () => {
  const signature = signOnServer();
  const adding = transportWith({
    sign: (request) =>
      signature({ ...request, headers: { ...request.headers, 'x-oss-forbid-overwrite': 'true' } }),
  });
  await adding.put({ key: 'fresh', headers: {}, body: { kind: 'bytes', bytes } });
  const again = await rejectionOf(adding.put({ key: 'fresh', headers: {}, body: { kind: 'bytes', bytes } }));
  expect(again).toMatchObject({ serviceCode: 'FileAlreadyExists' });
  const silent = transportWith({ sign: async (request) => ({ url: (await signature(request)).url }) });
  await silent.put({ key: 'silent', headers: { 'x-oss-meta-a': '1' }, body: { kind: 'bytes', bytes } });
  expect((await local.oss.getObject(bucket, 'silent')).headers['x-oss-meta-a']).toBe('1');
});

it('rejects with what the signer throws, and with the reason of an abort meanwhile', async () => {
  const failure = new Error('not yours');
  const sign = async () => {
    throw failure;
  };
  expect(await rejectionOf(transportWith({ sign }).head({ key: 'a', headers: {} }))).toBe(failure);
  const controller = new AbortController();
  let seen: AbortSignal | undefined;
  const deaf = transportWith({
    sign: (_request, { signal }) => {
      seen = signal;
      return new Promise(() => {});
    },
  });
  const rejection = rejectionOf(deaf.head({ key: 'a', headers: {}, signal: controller.signal }));
  controller.abort(failure);
  expect(await rejection).toBe(failure);
  expect(seen?.aborted).toBe(true);
});

it.each([undefined, {}, { url: 'ftp://a' }, { url: 'https://a', headers: 'x' }])(
  'refuses %j as an answer',
  async (answer) => {
    const sign = async () => answer as { url: string };
    expect(await rejectionOf(transportWith({ sign }).head({ key: 'a', headers: {} }))).toMatchObject({
      argument: 'sign',
    });
  },
);

it('names what it lacks', async () => {
  expect(() => transportWith({ sign: undefined as never })).toThrow(
    expect.objectContaining({ argument: 'sign' }),
  );
  const copy = transportWith({ bucket: undefined }).copy({ key: 'a', sourceKey: 'b', headers: {} });
  expect(await rejectionOf(copy)).toMatchObject({ argument: 'bucket' });
  for (const name of ['acl', 'bucketView', 'deleteMany', 'tags'])
    expect(transportWith({}), name).not.toHaveProperty(name);
});
