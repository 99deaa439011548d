// The attacker writes the checkpoint: forged, edited, older or shared ones.
import { randomBytes } from 'node:crypto';
import { EncryptedBucket, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { type MemoryCheckpoint, memoryCheckpoint, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { steal } from '../support/attacker.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const [pair, newPair] = await Promise.all([rsaPair(), rsaPair(1)]);
const partSizeBytes = 114_688;
const sizeBytes = 4 * partSizeBytes;
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;

let kms: LocalKms;
let keyId: string;
beforeAll(async () => {
  kms = await startKms();
  keyId = await kms.createKey({});
});
afterAll(() => kms.close());

/** A provider that remembers the keys that it made. */
function remembering(provider: KeyProvider): { readonly provider: KeyProvider; readonly keys: Uint8Array[] } {
  const keys: Uint8Array[] = [];
  const wrapKey: KeyProvider['wrapKey'] = async (request) => {
    const made = await provider.wrapKey(request);
    keys.push(Uint8Array.from(made.key.bytes));
    return made;
  };
  return { provider: { ...provider, wrapKey }, keys };
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  interface SentPart {
    readonly partNumber: number;
    readonly body: Buffer;
  }
  /** Every part that ever left, and those since an upload was stopped. */
  let everSent: SentPart[] = [];
  let sent: SentPart[] = [];
  beforeEach(() => {
    everSent = [];
    sent = [];
  });
  const watched = (): ObjectTransport => {
    const transport = transportOf(world);
    const parts = transport.parts!;
    const put: typeof parts.put = async (request) => {
      if (request.body.kind !== 'bytes') throw new Error('a part is in memory');
      const part = { partNumber: request.partNumber, body: Buffer.from(request.body.bytes) };
      everSent.push(part);
      sent.push(part);
      return parts.put(request);
    };
    return { ...transport, parts: { ...parts, put } };
  };
  const bucketOf = (
    provider: KeyProvider = rsaProvider(pair),
    format: (typeof formats)[number] = 'oss-crypto',
    otherProviders: readonly KeyProvider[] = [],
  ): EncryptedBucket => new EncryptedBucket({ transport: watched(), provider, format, otherProviders });
  const optionsOf = (checkpoint: MemoryCheckpoint) => ({ checkpoint, partSizeBytes, concurrency: 1 });
  /** An upload that stops behind some parts. */
  const stopped = async (
    bucket: EncryptedBucket,
    content: Buffer,
    parts: number,
  ): Promise<MemoryCheckpoint> => {
    const store = memoryCheckpoint();
    const fault = world.oss.faults.add({
      kind: 'status',
      status: 403,
      skip: parts,
      match: { operation: 'UploadPart' },
    });
    await expect(bucket.put('k', content, optionsOf(store))).rejects.toMatchObject({ status: 403 });
    fault.remove();
    sent = [];
    return store;
  };
  const readBack = async (bucket: EncryptedBucket): Promise<Buffer> =>
    Buffer.from(await (await bucket.get('k')).bytes());

  it.each(formats)(
    'holds: one that was forged with the public key chooses no data key of %s',
    async (format) => {
      const content = randomBytes(sizeBytes);
      const attacker = remembering(rsaProvider({ publicKey: pair.publicKey }));
      const store = await stopped(bucketOf(attacker.provider, format), content, 0);
      expect(attacker.keys.length).toBeGreaterThan(0);
      await expect(
        bucketOf(rsaProvider(pair), format).put('k', content, optionsOf(store)),
      ).rejects.toMatchObject({
        code: 'ERR_CHECKPOINT',
      });
      expect(sent).toEqual([]);
    },
  );

  it('cannot hold: with KMS whoever may write the checkpoint and make keys reads what is resumed', async () => {
    const content = randomBytes(sizeBytes);
    const provider = kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId });
    const attacker = remembering(provider);
    const store = await stopped(bucketOf(attacker.provider), content, 0);
    await bucketOf(provider).put('k', content, optionsOf(store));
    expect(world.oss.requests.of('InitiateMultipartUpload')).toHaveLength(1);
    expect((await readBack(bucketOf(provider))).equals(content)).toBe(true);
    expect(attacker.keys).toHaveLength(1);
  });

  it.each([
    ['another upload', (state: string) => state.replace(/"uploadId":"[^"]*"/, '"uploadId":"AAAA"')],
    ['an upload like a path', (state: string) => state.replace(/"uploadId":"[^"]*"/, '"uploadId":"../?acl"')],
    ['another key', (state: string) => state.replace('"key":"k"', '"key":"z"')],
    [
      'a header more',
      (state: string) => state.replace('"headers":{', '"headers":{"x-oss-object-acl":"public-read",'),
    ],
    [
      '__proto__',
      (state: string) => state.replace('"headers":{', '"__proto__":{"polluted":"1"},"headers":{'),
    ],
    ['a size of 1e21', (state: string) => state.replace(/"sizeBytes":\d+/, '"sizeBytes":1e21')],
    ['a part size of 1', (state: string) => state.replace(/"partSizeBytes":\d+/, '"partSizeBytes":1')],
  ])('holds: with one that has %s nothing goes on', async (_name, edit) => {
    const content = randomBytes(sizeBytes);
    const store = await stopped(bucketOf(), content, 2);
    const [first, ...parts] = store.text!.split('\n');
    const { state, mac } = JSON.parse(first!) as { state: string; mac: string };
    expect(edit(state)).not.toBe(state);
    store.text = [JSON.stringify({ state: edit(state), mac }), ...parts].join('\n');
    world.oss.requests.clear();
    const failure = await bucketOf()
      .put('k', content, optionsOf(store))
      .then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
    if (failure !== undefined) {
      expect(failure).toBe('ERR_CHECKPOINT');
      expect(sent).toEqual([]);
    } else {
      // What does not fit the call is another upload: it begins anew, with the headers of the call.
      const [begun, ...others] = world.oss.requests.of('InitiateMultipartUpload');
      expect(others).toEqual([]);
      expect(begun?.headers['x-oss-object-acl']).toBeUndefined();
      expect((await readBack(bucketOf())).equals(content)).toBe(true);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['', 'null', '[]', '{"state":"{}","mac":""}', '['.repeat(200_000), '{"__proto__":{}}', '\u0000'])(
    'holds: one that is none is refused, case %#',
    async (text) => {
      await expect(
        bucketOf().put('k', randomBytes(sizeBytes), optionsOf(memoryCheckpoint(text))),
      ).rejects.toMatchObject({
        code: 'ERR_CHECKPOINT',
      });
      expect(world.oss.requests.list()).toEqual([]);
    },
  );

  /** Whether two contents were encrypted with one keystream: then C1 xor C2 is P1 xor P2. */
  const showsKeystreamTwice = (partNumber: number, one: Buffer, two: Buffer): boolean => {
    const bodies = everSent.filter((part) => part.partNumber === partNumber).map((part) => part.body);
    const from = (partNumber - 1) * partSizeBytes;
    const difference = xor(
      one.subarray(from, from + partSizeBytes),
      two.subarray(from, from + partSizeBytes),
    );
    return bodies.some((a, index) => bodies.slice(index + 1).some((b) => xor(a, b).equals(difference)));
  };

  it('holds: two attempts at once from one checkpoint never use a keystream twice', async () => {
    const one = randomBytes(sizeBytes);
    const two = Buffer.from(one);
    randomBytes(partSizeBytes).copy(two, 3 * partSizeBytes);
    const store = await stopped(bucketOf(), one, 2);
    const settled = await Promise.allSettled([
      bucketOf().put('k', one, optionsOf(store)),
      bucketOf().put('k', two, optionsOf(store)),
    ]);
    expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(showsKeystreamTwice(4, one, two)).toBe(false);
    const stored = await readBack(bucketOf());
    expect(stored.equals(one) || stored.equals(two)).toBe(true);
  });

  it('holds: content that changed since the checkpoint never uses a keystream twice', async () => {
    const one = randomBytes(sizeBytes);
    const two = Buffer.from(one);
    randomBytes(partSizeBytes).copy(two, 2 * partSizeBytes);
    // The third part left, and was refused.
    const store = await stopped(bucketOf(), one, 2);
    await bucketOf().put('k', two, optionsOf(store));
    expect(everSent.filter(({ partNumber }) => partNumber === 3)).toHaveLength(2);
    expect(showsKeystreamTwice(3, one, two)).toBe(false);
    expect((await readBack(bucketOf())).equals(two)).toBe(true);
  });

  it('holds: an older checkpoint that is put back never uses a keystream twice', async () => {
    const one = randomBytes(sizeBytes);
    const two = Buffer.from(one);
    randomBytes(partSizeBytes).copy(two, 2 * partSizeBytes);
    const store = await stopped(bucketOf(), one, 3);
    // The first line is the state; a line for each part that may have left follows.
    const lines = store.text!.split('\n');
    store.text = lines.slice(0, 3).join('\n');
    await bucketOf().put('k', two, optionsOf(store));
    expect(everSent.filter(({ partNumber }) => partNumber === 3).length).toBeGreaterThan(1);
    expect(showsKeystreamTwice(3, one, two)).toBe(false);
    expect((await readBack(bucketOf())).equals(two)).toBe(true);
    expect(world.oss.requests.of('InitiateMultipartUpload')).toHaveLength(2);
  });

  it('holds: after a change of the master key an upload does not go on under the old one', async () => {
    const old = rsaProvider({ ...pair, materialDescription: { id: 'old' } });
    const current = rsaProvider({ ...newPair, materialDescription: { id: 'new' } });
    const content = randomBytes(sizeBytes);
    const store = await stopped(bucketOf(old), content, 2);
    await bucketOf(current, 'oss-crypto', [old]).put('k', content, optionsOf(store));
    expect((await readBack(bucketOf(current))).equals(content)).toBe(true);
    expect(JSON.stringify((await steal(world.oss, 'k')).metadata)).toContain('new');
  });

  it('holds: a checkpoint has no key, and no part of the content', async () => {
    const content = Buffer.alloc(sizeBytes, 'a text that would be seen at once');
    for (const format of formats) {
      const attacker = remembering(rsaProvider(pair));
      const { text } = await stopped(bucketOf(attacker.provider, format), content, 2);
      expect(text).not.toContain('seen at once');
      for (const key of attacker.keys) {
        for (const encoding of ['base64', 'hex', 'base64url'] as const)
          expect(text).not.toContain(Buffer.from(key).toString(encoding));
      }
    }
  });
});

function xor(a: Buffer, b: Buffer): Buffer {
  return a.map((byte, index) => byte ^ b[index]!) as Buffer;
}
