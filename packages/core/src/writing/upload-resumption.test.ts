import { randomBytes } from 'node:crypto';
import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { inChunks, MemoryTransport, md5TagOf } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../client/encrypted-bucket.js';
import type { EncryptedBucketOptions, PutOptions } from '../client/option-types.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import {
  CheckpointError,
  IntegrityError,
  KeyUnwrapError,
  MasterKeyError,
  ServiceError,
  TransportError,
} from '../errors/errors.js';

const partSizeBytes = 100 * 1024;
const plaintext = randomBytes(4 * partSizeBytes);
const gone = new TransportError('gone', { retryable: false });

let memory: MemoryTransport;
let store: ReturnType<typeof memoryCheckpoint>;
beforeEach(() => {
  memory = new MemoryTransport();
  memory.chunkBytes = 50_000;
  store = memoryCheckpoint();
});

const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
  new EncryptedBucket({
    transport: memory,
    provider: toyProvider(1),
    format: 'client-side-encryption',
    ...options,
  });
const put = (options: PutOptions = {}, content: Uint8Array = plaintext, bucket = bucketOf(), key = 'k') =>
  bucket.put(key, content, { checkpoint: store, partSizeBytes, concurrency: 1, ...options });

/** An upload that stopped when the third of its four parts was to be sent. */
async function stopped(options: PutOptions = {}, bucket = bucketOf()): Promise<string> {
  memory.before = ({ operation, partNumber }) => {
    if (operation === 'putPart' && partNumber === 3) throw gone;
  };
  await expect(put(options, plaintext, bucket)).rejects.toThrow(gone.message);
  memory.before = () => {};
  memory.calls.length = 0;
  const [uploadId] = memory.uploads.keys();
  return uploadId as string;
}

const sentParts = (): (number | undefined)[] => memory.callsOf('putPart').map(({ partNumber }) => partNumber);
async function expectStored(content: Uint8Array = plaintext, bucket = bucketOf()): Promise<void> {
  expect(Buffer.compare(await (await bucket.get('k')).bytes(), content)).toBe(0);
  expect(store.text).toBeUndefined();
  expect(memory.uploads.size).toBe(0);
}
/** Changes what the server tells of the parts that it has. */
const listing = (
  change: (parts: Awaited<ReturnType<NonNullable<ObjectTransport['parts']>['list']>>) => unknown,
) => {
  const { parts } = memory;
  if (parts === undefined) throw new Error('there are parts');
  memory.parts = { ...parts, list: async (request) => change(await parts.list(request)) as never };
};

describe('an upload that stopped', () => {
  it('goes on with the parts that the server does not have', async () => {
    await stopped();
    await put();
    expect(memory.callsOf('start')).toHaveLength(0);
    expect(sentParts()).toEqual([3, 4]);
    await expectStored();
  });

  it('is dropped without a checkpoint', async () => {
    memory.before = ({ operation, partNumber }) => {
      if (operation === 'putPart' && partNumber === 3) throw gone;
    };
    const options = { checkpoint: undefined, multipartThresholdBytes: partSizeBytes };
    await expect(put(options)).rejects.toThrow(gone.message);
    expect(sentParts()).toContain(2);
    expect(memory.uploads.size).toBe(0);
  });

  it('goes on with its own headers', async () => {
    const options = { forbidOverwrite: true, headers: { 'X-Oss-Object-Acl': 'private' } };
    await stopped(options);
    await put(options);
    expect(memory.callsOf('start')).toHaveLength(0);
    expect(memory.callsOf('finish')[0]?.headers).toEqual({
      'x-oss-forbid-overwrite': 'true',
      'x-oss-object-acl': 'private',
    });
  });

  it.each([
    ['another part size', { partSizeBytes: 2 * partSizeBytes }],
    ['another state of the source', { sourceState: 'newer' }],
    ['other metadata', { metadata: { author: 'me' } }],
    ['other headers', { headers: { 'cache-control': 'no-cache' } }],
    ['another content type', { contentType: 'text/plain' }],
    ['an MD5', { contentMd5: Buffer.alloc(16).toString('base64') }],
  ] as [string, PutOptions][])('starts anew, under another key, with %s', async (_, options) => {
    const uploadId = await stopped();
    const provider = toyProvider(1);
    await put(options, plaintext, bucketOf({ provider }));
    // Nothing is encrypted under its key again.
    expect(provider.unwrapped).toBe(0);
    expect(memory.callsOf('drop')).toHaveLength(1);
    expect(memory.uploads.has(uploadId)).toBe(false);
    expect(memory.callsOf('start')).toHaveLength(1);
    expect(sentParts()[0]).toBe(1);
    expect(store.text).toBeUndefined();
  });

  it('starts anew with fewer headers than before', async () => {
    await stopped({ headers: { 'cache-control': 'no-cache' } });
    await put();
    expect(memory.callsOf('start')).toHaveLength(1);
  });

  it('starts anew when one of its headers has another value', async () => {
    await stopped({ metadata: { author: 'me', title: 'a' } });
    await put({ metadata: { author: 'me', title: 'b' } });
    expect(memory.callsOf('start')).toHaveLength(1);
  });

  it('goes on in a sealed format, and asks for its parts with what every request has', async () => {
    const bucket = bucketOf({
      format: 'sealed',
      provider: toyProvider(1, { wraps: { sealed: 'toy' }, unwraps: ['toy'] }),
    });
    const options = { partSizeBytes: 128 * 1024, headers: { 'x-oss-request-payer': 'requester' } };
    await stopped(options, bucket);
    await put(options, plaintext, bucket);
    expect(memory.callsOf('list').map(({ headers }) => headers)).toEqual([
      { 'x-oss-request-payer': 'requester' },
    ]);
    expect(memory.callsOf('start')).toHaveLength(0);
    expect(sentParts()).toEqual([3, 4]);
    await expectStored(plaintext, bucket);
  });

  it('starts anew under a key that its provider only wraps', async () => {
    await stopped();
    await put({}, plaintext, bucketOf({ provider: toyProvider(1, { unwraps: [] }) }));
    expect(memory.callsOf('start')).toHaveLength(1);
    await expectStored();
  });

  it('starts anew with content of another size', async () => {
    await stopped();
    const longer = Buffer.concat([plaintext, Buffer.from('x')]);
    await put({}, longer);
    expect(memory.callsOf('start')).toHaveLength(1);
    await expectStored(longer);
  });

  it('starts anew in another format', async () => {
    // The same algorithm in both, so that only the format differs.
    const wraps = { 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-oaep-sha1' };
    const provider = toyProvider(1, { wraps });
    await stopped({}, bucketOf({ provider }));
    const bucket = bucketOf({ format: 'oss-crypto', provider });
    await put({}, plaintext, bucket);
    expect(memory.callsOf('start')).toHaveLength(1);
    expect(Object.keys(memory.stored().headers)).toContain('x-oss-meta-oss-crypto-key');
    await expectStored(plaintext, bucket);
  });

  it('starts anew when the server knows the upload no more', async () => {
    await stopped();
    memory.uploads.clear();
    await put();
    expect(memory.callsOf('start')).toHaveLength(1);
    await expectStored();
  });

  it.each([403, 500])(
    'is left as it is when the server answers %i to the question for it',
    async (status) => {
      await stopped();
      const text = store.text;
      memory.before = ({ operation }) => {
        if (operation === 'list') throw new ServiceError('no', { service: 'OSS', status });
      };
      await expect(put()).rejects.toMatchObject({ status });
      expect(store.text).toBe(text);
      expect(memory.uploads.size).toBe(1);
      expect(memory.callsOf('drop')).toHaveLength(0);
    },
  );

  const changed = Uint8Array.from(plaintext);
  changed[partSizeBytes + 5]! ^= 1;

  it('starts anew when the content of a part that was sent is another', async () => {
    const uploadId = await stopped();
    await put({}, changed);
    expect(memory.callsOf('start')).toHaveLength(1);
    expect(memory.uploads.has(uploadId)).toBe(false);
    await expectStored(changed);
  });

  it('is dropped when the content of a part that was sent is another, and comes once', async () => {
    await stopped();
    const content = inChunks(changed, 10_000);
    await expect(
      bucketOf().put('k', content, { checkpoint: store, partSizeBytes, sizeBytes: changed.length }),
    ).rejects.toThrow(IntegrityError);
    expect(memory.uploads.size).toBe(0);
    expect(store.text).toBeUndefined();
    expect(memory.objects.size).toBe(0);
  });

  it('starts anew under another master key than it began with', async () => {
    for (const provider of [
      toyProvider(1, { materialDescription: { name: 'new' } }),
      toyProvider(1, {
        wraps: { 'client-side-encryption': 'rsa-oaep-sha1' },
      }),
    ]) {
      memory.objects.clear();
      await stopped();
      const bucket = bucketOf({ provider, otherProviders: [toyProvider(1)] });
      await put({}, plaintext, bucket);
      expect(memory.callsOf('start')).toHaveLength(1);
      await expectStored(plaintext, bucket);
    }
  });

  it('starts anew when its key does not open any more', async () => {
    await stopped();
    const provider = { ...toyProvider(1), unwrapKey: () => Promise.reject(new KeyUnwrapError()) };
    await put({}, plaintext, bucketOf({ provider }));
    expect(memory.callsOf('start')).toHaveLength(1);
    await expectStored();
  });

  it('is left as it is when the key service fails', async () => {
    await stopped();
    const failure = new ServiceError('no', { service: 'KMS', status: 403 });
    const provider = { ...toyProvider(1), unwrapKey: () => Promise.reject(failure) };
    await expect(put({}, plaintext, bucketOf({ provider }))).rejects.toThrow(failure.message);
    expect(memory.uploads.size).toBe(1);
    expect(store.text).toBeDefined();
  });
});

describe('an upload that was finished by a process that did not live to see it', () => {
  /** Stores the object, and puts the checkpoint back as it was before the end. */
  async function finished(options: PutOptions = {}, content = plaintext): Promise<string> {
    let text: string | undefined;
    memory.before = ({ operation }) => {
      if (operation === 'finish') text = store.text;
    };
    await put(options, content);
    memory.before = () => {};
    memory.calls.length = 0;
    store.text = text;
    return memory.stored().etag;
  }

  it.each([{}, { forbidOverwrite: true }])('is found by envelope and checksum: %j', async (options) => {
    const etag = await finished(options);
    const result = await put(options);
    expect(result.etag).toBe(etag);
    expect(memory.callsOf('start')).toHaveLength(0);
    expect(sentParts()).toEqual([]);
    await expectStored();
  });

  it('is found with a last part that is smaller', async () => {
    const content = Buffer.concat([plaintext, Buffer.from('x')]);
    const etag = await finished({}, content);
    expect((await put({}, content)).etag).toBe(etag);
    expect(memory.callsOf('start')).toHaveLength(0);
    await expectStored(content);
  });

  it('is not looked for when the journal lacks a part of it', async () => {
    await finished();
    store.text = String(store.text).split('\n').slice(0, -1).join('\n');
    await put();
    expect(memory.callsOf('head')).toHaveLength(0);
    expect(memory.callsOf('start')).toHaveLength(1);
    await expectStored();
  });

  it('is not looked for when the server has a part that is not of it', async () => {
    await finished();
    const { parts } = memory;
    if (parts === undefined) throw new Error('there are parts');
    const foreign = { partNumber: 5, etag: '"foreign"', sizeBytes: 1 };
    memory.parts = { ...parts, list: async () => [foreign] };
    await put();
    expect(memory.callsOf('head')).toHaveLength(0);
    expect(memory.callsOf('start')).toHaveLength(1);
  });

  it('is not looked for where no sums are made', async () => {
    await finished();
    memory.crc64 = undefined;
    await put();
    expect(memory.callsOf('head')).toHaveLength(0);
    expect(memory.callsOf('start')).toHaveLength(1);
  });

  it('is left as it is when the call is aborted while it is looked for', async () => {
    await finished();
    const { text } = store;
    const controller = new AbortController();
    memory.before = ({ operation }) => {
      if (operation !== 'head') return;
      controller.abort('stop');
      throw gone;
    };
    await expect(put({ signal: controller.signal })).rejects.toBe('stop');
    expect(store.text).toBe(text);
    expect(memory.callsOf('drop')).toHaveLength(0);
  });

  it.each([
    ['the content has changed since', () => {}, Uint8Array.from(plaintext, (byte) => byte ^ 1)],
    [
      'the object was replaced',
      () => {
        for (const name of Object.keys(memory.stored().headers))
          if (name.endsWith('-key')) memory.stored().headers[name] = 'AAAA';
      },
      plaintext,
    ],
    [
      'other bytes are stored',
      () => {
        memory.stored().bytes = memory.stored().bytes.map((byte) => byte ^ 1);
      },
      plaintext,
    ],
    ['the object is gone', () => memory.objects.clear(), plaintext],
    [
      'the server shows no checksum',
      () => {
        memory.givesSums = false;
      },
      plaintext,
    ],
  ])('is made anew when %s', async (_, spoil, content) => {
    await finished();
    spoil();
    await put({}, content);
    expect(memory.callsOf('start')).toHaveLength(1);
    expect(sentParts()).toEqual([1, 2, 3, 4]);
    await expectStored(content);
  });
});

describe('a part that the server has', () => {
  it('and the checkpoint does not know makes the upload start anew, under another key', async () => {
    let older: string | undefined;
    memory.before = ({ operation, partNumber }) => {
      // What was saved when the first part was recorded.
      if (operation === 'putPart' && partNumber === 1) older = store.text;
      if (operation === 'putPart' && partNumber === 3) throw gone;
    };
    await expect(put()).rejects.toThrow(gone.message);
    memory.before = () => {};
    memory.calls.length = 0;
    store.text = older;
    await put();
    expect(memory.callsOf('start')).toHaveLength(1);
    expect(sentParts()).toEqual([1, 2, 3, 4]);
    await expectStored();
  });

  it('is sent again when it has another size', async () => {
    await stopped();
    listing((parts) => parts.map((part) => ({ ...part, sizeBytes: partSizeBytes - 1, crc64: undefined })));
    await put();
    expect(sentParts()).toEqual([1, 2, 3, 4]);
    await expectStored();
  });

  it('is sent again when it has another sum', async () => {
    await stopped();
    listing((parts) => parts.map((part) => (part.partNumber === 1 ? { ...part, crc64: '1' } : part)));
    await put();
    expect(sentParts()).toEqual([1, 3, 4]);
    await expectStored();
  });

  it.each(['the server tells no sum', 'the transport makes none'])(
    'is known by its ETag, which is its MD5, when %s',
    async (why) => {
      const uploadId = await stopped();
      if (why === 'the transport makes none') memory.crc64 = undefined;
      else listing((parts) => parts.map((part) => ({ ...part, crc64: undefined })));
      replacePart(uploadId, 2, md5TagOf);
      await put();
      expect(sentParts()).toEqual([2, 3, 4]);
      await expectStored();
    },
  );

  it.each(['the server tells no sum', 'the transport makes none'])(
    'is sent again when %s and its ETag is not an MD5',
    async (why) => {
      memory.givesSums = false;
      const uploadId = await stopped();
      if (why === 'the transport makes none') memory.crc64 = undefined;
      replacePart(uploadId, 2, () => '"replaced"');
      await put();
      expect(sentParts()).toEqual([1, 2, 3, 4]);
      await expectStored();
    },
  );

  it('is the one that was compared, also when it is replaced before the end', async () => {
    const uploadId = await stopped();
    memory.before = ({ operation }) => {
      if (operation === 'finish') replacePart(uploadId, 2, md5TagOf);
    };
    await expect(put()).rejects.toMatchObject({ serviceCode: 'InvalidPart' });
    expect(memory.objects.size).toBe(0);
  });
});

/** Another part of the same number and size. */
function replacePart(uploadId: string, partNumber: number, etagOf: (bytes: Uint8Array) => string): void {
  const bytes = randomBytes(partSizeBytes);
  memory.uploads.get(uploadId)?.parts.set(partNumber, { bytes, etag: etagOf(bytes) });
}

describe('a checkpoint', () => {
  it('of another object is refused', async () => {
    await stopped();
    await expect(put({}, plaintext, bucketOf(), 'other')).rejects.toThrow(CheckpointError);
    expect(memory.uploads.size).toBe(1);
  });

  it('that was changed is refused', async () => {
    await stopped();
    const [first, ...parts] = (store.text as string).split('\n');
    const { state, mac } = JSON.parse(first as string);
    const named = 'client-side-encryption';
    for (const changed of [
      state.replace('"version":2', '"version":1'),
      state.replace('"uploadId":"', '"uploadId":"x'),
      state.replace(`${named}-key`, 'author'),
      state.replace(new RegExp(`${named}-`, 'g'), 'author-'),
    ]) {
      expect(changed).not.toBe(state);
      store.text = [JSON.stringify({ state: changed, mac }), ...parts].join('\n');
      await expect(put()).rejects.toMatchObject({
        name: expect.stringMatching(/Checkpoint|MalformedEnvelope/),
      });
    }
    expect(memory.uploads.size).toBe(1);
  });

  it('of someone who can wrap, and lacks what unwraps, is refused', async () => {
    const key = randomBytes(32);
    // It knows the key of the upload that it began, which is wrapped for the bucket's provider.
    await stopped({}, bucketOf({ provider: toyProvider(1, { key }) }));
    const provider = toyProvider(1, { secret: new SecretBytes(randomBytes(32)) });
    await expect(put({}, plaintext, bucketOf({ provider }))).rejects.toThrow(CheckpointError);
    expect(sentParts()).toEqual([]);
    expect(memory.objects.size).toBe(0);
  });

  it('goes on with the secret that it was begun with, and with no other', async () => {
    const provider = toyProvider(1, { secret: new SecretBytes(randomBytes(32)) });
    await stopped({}, bucketOf({ provider }));
    for (const secret of [undefined, new SecretBytes(randomBytes(32))]) {
      const other = bucketOf({ provider: toyProvider(1, { secret }) });
      await expect(put({}, plaintext, other)).rejects.toThrow(CheckpointError);
    }
    await put({}, plaintext, bucketOf({ provider }));
    expect(memory.callsOf('start')).toHaveLength(0);
    await expectStored();
  });

  it.each([new Uint8Array(31), 'x'.repeat(32), null])(
    'is not begun with what is no secret: %j',
    async (bytes) => {
      const secret = bytes === null ? null : { bytes };
      const provider = toyProvider(1, { secret: secret as unknown as SecretBytes });
      await expect(put({}, plaintext, bucketOf({ provider }))).rejects.toThrow(MasterKeyError);
      expect(memory.uploads.size).toBe(0);
    },
  );

  it.each([
    [
      'two digests of one part',
      (parts: string[]) => [...parts, String(parts[0]).replace(/"digest":"./, '"digest":"_')],
    ],
    [
      'a part that cannot be',
      (parts: string[]) => [...parts, String(parts[0]).replace('"part":1', '"part":10001')],
    ],
    ['a record that is none', (parts: string[]) => [...parts, '{}']],
    ['a record that is cut', (parts: string[]) => [String(parts[0]).slice(0, -1)]],
  ])('with %s is refused', async (_, change) => {
    await stopped();
    const [first, ...parts] = (store.text as string).split('\n');
    store.text = [first, ...change(parts)].join('\n');
    await expect(put()).rejects.toThrow(CheckpointError);
  });

  it.each(['', '{}', 'null', '[]', '{"state":"{}","mac":""}', `"${'x'.repeat(100_000)}"`])(
    'that is none is refused',
    async (text) => {
      store.text = text;
      await expect(put()).rejects.toThrow(CheckpointError);
      expect(memory.calls).toHaveLength(0);
      // The journal is closed again.
      await expect(put()).rejects.toThrow(CheckpointError);
    },
  );

  it('that cannot be saved ends the upload before a part is sent', async () => {
    const failure = new Error('the disk is full');
    store.onAppend = () => {
      throw failure;
    };
    await expect(put()).rejects.toThrow(failure.message);
    expect(sentParts()).toEqual([]);
    expect(memory.uploads.size).toBe(0);
  });

  it('is gone when the object is stored and its callback failed', async () => {
    memory.after = (call, response) => {
      if (call.operation !== 'finish') return response;
      throw new ServiceError('no', { service: 'OSS', status: 203, serviceCode: 'CallbackFailed' });
    };
    await expect(put()).rejects.toMatchObject({ serviceCode: 'CallbackFailed' });
    expect(store.text).toBeUndefined();
    expect(memory.callsOf('drop')).toHaveLength(0);
  });

  it('has each part before any of its bytes are sent', async () => {
    const known: number[] = [];
    memory.before = ({ operation }) => {
      if (operation === 'putPart') known.push(String(store.text).split('\n').length - 1);
    };
    await put();
    expect(known).toEqual([1, 2, 3, 4]);
  });
});
