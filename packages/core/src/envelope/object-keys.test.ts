import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toyProvider } from '../../test/toy-provider.js';
import type { ContentKey, CounterKey, SealedKey } from '../cipher/content-scheme.js';
import { frameOfBody } from '../cipher/content-scheme.js';
import { sealed } from '../cipher/sealed.js';
import type { KeyProvider, WrapKeyRequest } from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import {
  FormatNotAllowedError,
  IntegrityError,
  InvalidArgumentError,
  KeyUnwrapError,
  MasterKeyError,
  NoMatchingKeyError,
  ObjectMismatchError,
  ReencryptionNeededError,
} from '../errors/errors.js';
import type { CounterEnvelope } from './counter-envelope.js';
import { formatEnvelope } from './envelope.js';
import { parseEnvelope } from './envelope-reading.js';
import { alsoEncrypting, openObjectKey, openOwnKey } from './key-opening.js';
import { rewrapObjectKey } from './key-rewrapping.js';
import { ObjectKeys, type ObjectKeysOptions } from './object-keys.js';
import type { SealedEnvelope } from './sealed-envelope.js';

const providerOf = (mask: number, name = `${mask}`, more: Partial<KeyProvider> = {}): KeyProvider => ({
  ...toyProvider(mask, {
    wraps: { sealed: 'toy', 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-pkcs1' },
    unwraps: ['toy', 'rsa-oaep-sha1', 'rsa-pkcs1'],
    materialDescription: { name },
  }),
  ...more,
});
const keysOf = (options: Partial<ObjectKeysOptions> = {}): ObjectKeys =>
  new ObjectKeys({
    provider: providerOf(1),
    recipients: [],
    otherProviders: [],
    format: 'sealed',
    context: {},
    bound: 'key',
    keyReuse: {},
    randomBytes: undefined,
    reads: ['sealed', 'oss-crypto', 'client-side-encryption'],
    onUnknownDescription: 'error',
    ...options,
  });
const place = (objectKey = 'k', context = {}) => ({ objectKey, context, signal: undefined });
const record = { contentMd5: undefined };
async function created(keys: ObjectKeys, objectKey = 'k') {
  const { envelope, contentKey } = await keys.create(place(objectKey), record);
  return { envelope: envelope as SealedEnvelope, contentKey: contentKey as SealedKey };
}
const dataKeyOf = (key: ContentKey): string => {
  const { dataKey } = key as SealedKey & CounterKey;
  return Buffer.from(dataKey instanceof SecretBytes ? dataKey.bytes : dataKey).toString('hex');
};
const stored = (envelope: SealedEnvelope): SealedEnvelope => {
  const state = parseEnvelope(formatEnvelope(envelope));
  if (state.kind === 'plain') throw new Error('no envelope');
  return state.envelope as SealedEnvelope;
};

describe('the key of a sealed object', () => {
  it('opens what was sealed, as it was stored', async () => {
    const keys = keysOf({ context: { tenant: '7' } });
    const { envelope, contentKey } = await created(keys);
    expect(envelope).toMatchObject({ context: { tenant: '7' }, contextText: '{"tenant":"7"}', bound: 'key' });
    const body = await sealed.encryptBytes(Buffer.from('seize the day'), contentKey);
    const opened = await openObjectKey(keys, stored(envelope), place());
    const decryptor = sealed.decryptor(opened, frameOfBody(sealed, body.length));
    expect(await decryptor.update(body)).toHaveLength(0);
    expect(Buffer.from((await decryptor.finish())!).toString()).toBe('seize the day');
  });

  it('is another one for each object, and each recipient has it in a box of its own', async () => {
    const keys = keysOf({ recipients: [providerOf(2), providerOf(3)] });
    const [one, two] = [await created(keys), await created(keys)];
    expect(dataKeyOf(one.contentKey)).not.toBe(dataKeyOf(two.contentKey));
    const boxes = [...one.envelope.recipients, ...two.envelope.recipients].map(({ sealedDataKey }) => {
      expect(sealedDataKey).toHaveLength(60);
      return Buffer.from(sealedDataKey).toString('hex');
    });
    expect(new Set(boxes).size).toBe(6);
    expect(new Set(boxes.map((box) => box.slice(0, 24))).size).toBe(6);
    expect(one.envelope.recipients.map(({ materialDescription }) => materialDescription.name)).toEqual([
      '1',
      '2',
      '3',
    ]);
    for (const mask of [1, 2, 3]) {
      const reader = keysOf({ provider: providerOf(9), otherProviders: [providerOf(mask)] });
      const opened = await openObjectKey(reader, stored(one.envelope), place());
      expect(dataKeyOf(opened)).toBe(dataKeyOf(one.contentKey));
    }
  });

  it('opens under the key that the object was stored as, and no other', async () => {
    const { envelope, contentKey } = await created(keysOf());
    await expect(openObjectKey(keysOf(), envelope, place('other'))).rejects.toThrow(ObjectMismatchError);
    const unbound = await created(keysOf({ bound: 'none' }));
    expect(dataKeyOf(await openObjectKey(keysOf(), stored(unbound.envelope), place('other')))).toBe(
      dataKeyOf(unbound.contentKey),
    );
    const claimed = { ...envelope, bound: 'none' as const };
    await expect(openObjectKey(keysOf(), claimed, place())).rejects.toThrow(ObjectMismatchError);
    expect(dataKeyOf(await openObjectKey(keysOf(), envelope, place()))).toBe(dataKeyOf(contentKey));
  });

  it('opens with the context that it was made of', async () => {
    const keys = keysOf({ context: { tenant: '7', kind: 'x' } });
    const { envelope } = await created(keys);
    const reader = keysOf({ context: { tenant: '7' } });
    await openObjectKey(reader, stored(envelope), place('k', { kind: 'x' }));
    for (const [bucket, asked] of [
      [{ tenant: '8' }, {}],
      [{ region: 'a' }, {}],
      [{}, { kind: 'y' }],
      [{}, { toString: 'x' }],
    ] as const) {
      const opening = openObjectKey(keysOf({ context: bucket }), stored(envelope), place('k', asked));
      await expect(opening).rejects.toThrow(ObjectMismatchError);
    }
    const changed = { ...envelope, context: { tenant: '8' }, contextText: '{"tenant":"8"}' };
    await expect(openObjectKey(keysOf(), changed, place())).rejects.toThrow(IntegrityError);
    const without = { ...envelope, context: {}, contextText: undefined };
    await expect(openObjectKey(keysOf(), without, place())).rejects.toThrow(IntegrityError);
  });

  it('is that of its head', async () => {
    const { envelope } = await created(keysOf());
    const other = await created(keysOf());
    const mixed = { ...envelope, head: other.envelope.head };
    await expect(openObjectKey(keysOf(), mixed, place())).rejects.toThrow(IntegrityError);
  });

  it('is bound to the context by providers that do that, and there is one', async () => {
    const asked: WrapKeyRequest[] = [];
    const seeing = (bindsContext: boolean): KeyProvider => {
      const provider = providerOf(1);
      return {
        ...provider,
        bindsContext,
        wrapKey: (request) => {
          asked.push(request);
          return provider.wrapKey(request);
        },
      };
    };
    await created(keysOf({ provider: seeing(true), context: { tenant: '7' } }));
    await created(keysOf({ provider: seeing(true) }));
    await created(keysOf({ provider: seeing(false), context: { tenant: '7' } }));
    expect(asked.map(({ context }) => context)).toEqual([{ tenant: '7' }, undefined, undefined]);
    expect(asked.map(({ format }) => format)).toEqual(['sealed', 'sealed', 'sealed']);
  });

  it('is asked for with what the envelope has, and nothing of who waits for it', async () => {
    const asked: unknown[] = [];
    const toy = providerOf(1);
    const provider = providerOf(1, '1', {
      unwrapKey: (request) => {
        asked.push(request);
        return toy.unwrapKey(request);
      },
    });
    const { envelope } = await created(keysOf());
    const { signal } = new AbortController();
    await openObjectKey(keysOf({ provider }), envelope, { objectKey: 'k', signal });
    const { wrappedKey } = envelope.recipients[0]!;
    expect(asked).toEqual([{ format: 'sealed', wrapAlgorithm: 'toy', wrappedKey }]);
  });

  it('is not made by a provider that gives half of what it must', async () => {
    const key = new SecretBytes(randomBytes(32));
    const wrong: readonly unknown[] = [
      undefined,
      { key },
      { key, wrappedKey: new Uint8Array() },
      { key: new SecretBytes(randomBytes(31)), wrappedKey: new Uint8Array(5) },
      { key: 'text', wrappedKey: new Uint8Array(5) },
    ];
    for (const given of wrong) {
      const provider = providerOf(1, '1', { wrapKey: async () => given as never });
      await expect(created(keysOf({ provider }))).rejects.toThrow(MasterKeyError);
    }
    const { envelope } = await created(keysOf());
    const provider = providerOf(1, '1', { unwrapKey: async () => ({ key: 'text' }) as never });
    await expect(openObjectKey(keysOf({ provider }), envelope, place())).rejects.toThrow(KeyUnwrapError);
  });
});

describe('who opens an object', () => {
  it('is a bucket that reads its format', async () => {
    const { envelope } = await created(keysOf());
    const reader = keysOf({ reads: ['oss-crypto'] });
    await expect(openObjectKey(reader, envelope, place())).rejects.toThrow(FormatNotAllowedError);
    await expect(rewrapObjectKey(reader, envelope, place(), 'k')).rejects.toThrow(FormatNotAllowedError);
    expect(keysOf().reads).toContain('sealed');
  });

  it('is for its own objects the provider that writes, and that key also encrypts', async () => {
    const { envelope } = await created(keysOf({ provider: providerOf(2) }));
    const keys = keysOf({ otherProviders: [providerOf(2)], onUnknownDescription: 'use-provider' });
    await openObjectKey(keys, envelope, place());
    await expect(openOwnKey(keys, envelope, place())).rejects.toThrow();
    const own = (await openOwnKey(keysOf({ provider: providerOf(2) }), envelope, place())) as SealedKey;
    const again = await sealed.encryptBytes(new Uint8Array(3), own);
    const decryptor = sealed.decryptor(own, frameOfBody(sealed, again.length));
    await decryptor.update(again);
    expect(await decryptor.finish()).toHaveLength(3);
    const counter = { dataKey: randomBytes(32), counterBlock: randomBytes(16) };
    expect(await alsoEncrypting(counter)).toBe(counter);
  });

  it('has no two recipients that readers could not tell apart', () => {
    const again = () => keysOf({ recipients: [providerOf(2), providerOf(3, '1')] });
    expect(again).toThrow(InvalidArgumentError);
    expect(again).toThrow(expect.objectContaining({ argument: 'options.recipients[1]' }));
    const other = providerOf(3, '1', { wraps: { sealed: 'other' } });
    expect(() => keysOf({ recipients: [other] })).not.toThrow();
    const none = providerOf(3, '1', { wraps: {} });
    expect(() => keysOf({ recipients: [none, none] })).not.toThrow();
    expect(keysOf({ recipients: [other] }).hasRecipients).toBe(true);
    expect(keysOf().hasRecipients).toBe(false);
  });
});

describe('other keys for an object', () => {
  it('of a sealed one open it under its new name, and the old ones do not', async () => {
    const { envelope, contentKey } = await created(keysOf({ context: { tenant: '7' } }), 'old');
    const keys = keysOf({
      provider: providerOf(2),
      recipients: [providerOf(3)],
      otherProviders: [providerOf(1)],
    });
    const rewrapped = (await rewrapObjectKey(keys, envelope, place('old'), 'new')) as SealedEnvelope;
    const { recipients, ...rest } = rewrapped;
    const { recipients: _before, ...same } = envelope;
    expect(rest).toEqual(same);
    expect(recipients).toHaveLength(2);
    for (const mask of [2, 3]) {
      const reader = keysOf({ provider: providerOf(mask) });
      const opened = await openObjectKey(reader, stored(rewrapped), place('new'));
      expect(dataKeyOf(opened)).toBe(dataKeyOf(contentKey));
      await expect(openObjectKey(reader, rewrapped, place('old'))).rejects.toThrow(ObjectMismatchError);
    }
    await expect(openObjectKey(keysOf(), rewrapped, place('new'))).rejects.toThrow();
    const boxes = recipients.map(({ sealedDataKey }) => Buffer.from(sealedDataKey).toString('hex'));
    expect(new Set(boxes.map((box) => box.slice(0, 24))).size).toBe(2);
  });

  const counter = async (format: 'oss-crypto' | 'client-side-encryption', mask = 1) => {
    const { envelope, contentKey } = await keysOf({ format, provider: providerOf(mask) }).create(
      place(),
      record,
    );
    return { envelope: envelope as CounterEnvelope, contentKey: contentKey as CounterKey };
  };
  /** Toy providers make a key of their own; this one takes that of the object. */
  const taking = (mask: number, more: Partial<KeyProvider> = {}): KeyProvider =>
    providerOf(mask, `${mask}`, {
      wrapKey: async ({ key, start }) => ({
        key: key!,
        wrappedKey: key!.bytes.map((byte) => byte ^ mask),
        wrappedStart: start?.map((byte) => byte ^ mask),
      }),
      ...more,
    });

  it("of 'oss-crypto' open it, and its content stays", async () => {
    const { envelope, contentKey } = await counter('oss-crypto');
    const keys = keysOf({ provider: taking(2), otherProviders: [providerOf(1)] });
    const rewrapped = (await rewrapObjectKey(keys, envelope, place(), 'k')) as CounterEnvelope;
    expect(rewrapped).toMatchObject({
      format: 'oss-crypto',
      wrapAlgorithm: 'rsa-oaep-sha1',
      materialDescription: { name: '2' },
    });
    const opened = (await openObjectKey(
      keysOf({ provider: providerOf(2) }),
      rewrapped,
      place(),
    )) as CounterKey;
    expect(dataKeyOf(opened)).toBe(dataKeyOf(contentKey));
    expect(opened.counterBlock).toEqual(contentKey.counterBlock);
  });

  it("are not for 'client-side-encryption', nor for several recipients of 'oss-crypto'", async () => {
    const keys = keysOf({ provider: taking(2), otherProviders: [providerOf(1)] });
    const { envelope } = await counter('client-side-encryption');
    await expect(rewrapObjectKey(keys, envelope, place(), 'k')).rejects.toThrow(ReencryptionNeededError);
    const shared = keysOf({
      provider: taking(2),
      recipients: [taking(3)],
      otherProviders: [providerOf(1)],
    });
    const { envelope: old } = await counter('oss-crypto');
    await expect(rewrapObjectKey(shared, old, place(), 'k')).rejects.toThrow(ReencryptionNeededError);
  });

  it('fail as the provider fails, with advice for a master key that takes no key of others', async () => {
    const { envelope } = await counter('oss-crypto');
    const rewrap = (wrapKey: KeyProvider['wrapKey']): Promise<Error> => {
      const keys = keysOf({ provider: taking(2, { wrapKey }), otherProviders: [providerOf(1)] });
      return rewrapObjectKey(keys, envelope, place(), 'k').then(
        () => expect.fail('it was done'),
        (error) => error,
      );
    };
    const failure = await rewrap(() => Promise.reject(new MasterKeyError('It makes its own.')));
    expect(failure).toBeInstanceOf(MasterKeyError);
    expect(failure.message).toMatch(/It makes its own\..*reencrypt/s);
    const other = new Error('something else');
    expect(await rewrap(() => Promise.reject(other))).toBe(other);
    const key = new SecretBytes(randomBytes(32));
    for (const half of [
      { key, wrappedKey: randomBytes(5) },
      { key, wrappedStart: randomBytes(5) },
    ]) {
      expect(await rewrap(async () => half as never)).toBeInstanceOf(MasterKeyError);
    }
  });

  it('of a counter format record an MD5, and may open by a provider with another description', async () => {
    const contentMd5 = Buffer.alloc(16).toString('base64');
    const { envelope } = await keysOf({ format: 'oss-crypto' }).create(place(), { contentMd5 });
    expect(envelope).toMatchObject({ contentMd5 });
    const options = { provider: providerOf(1, 'renamed') };
    await expect(openObjectKey(keysOf(options), envelope, place())).rejects.toThrow(NoMatchingKeyError);
    const any = keysOf({ ...options, onUnknownDescription: 'use-provider' });
    await openObjectKey(any, envelope, place());
    await expect(openOwnKey(any, envelope, place())).rejects.toThrow(NoMatchingKeyError);
    const reason = new Error('enough');
    const aborted = { objectKey: 'k', signal: AbortSignal.abort(reason) };
    const provider = providerOf(1, '1', {
      unwrapKey: async ({ signal }) => signal?.throwIfAborted() as never,
    });
    await expect(openObjectKey(keysOf({ provider }), envelope, aborted)).rejects.toBe(reason);
  });

  it('a context that is asked for is none of another format', async () => {
    const { envelope } = await counter('oss-crypto');
    const asking = openObjectKey(keysOf({ context: { tenant: '7' } }), envelope, place('k', { a: 'b' }));
    await expect(asking).rejects.toThrow(ObjectMismatchError);
    await openObjectKey(keysOf({ context: { tenant: '7' } }), envelope, place('k', {}));
    await openObjectKey(keysOf(), envelope, { objectKey: 'k', signal: undefined });
  });

  it('of a counter format are not what is half there', async () => {
    const { envelope } = await counter('oss-crypto');
    const key = new SecretBytes(randomBytes(32));
    for (const half of [{ key }, { start: randomBytes(1) }, { key: 'text', start: randomBytes(1) }]) {
      const provider = providerOf(1, '1', { unwrapKey: async () => half as never });
      await expect(openObjectKey(keysOf({ provider }), envelope, place())).rejects.toThrow(KeyUnwrapError);
    }
  });
});

describe('whether an envelope is as it would be written', () => {
  const provider = providerOf(1);
  const options = { provider, recipients: [providerOf(2)], context: { tenant: '7' } };

  it('is so for its own', async () => {
    const keys = keysOf(options);
    const { envelope } = await created(keys);
    expect(await keys.wouldWrite(stored(envelope))).toBe(true);
    const counter = keysOf({ format: 'oss-crypto' });
    const { envelope: old } = await counter.create(place(), record);
    expect(await counter.wouldWrite(old)).toBe(true);
    expect(await keysOf({ format: 'oss-crypto', provider: providerOf(2) }).wouldWrite(old)).toBe(false);
    // Two formats may wrap in the same way.
    const wraps = { 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-oaep-sha1' };
    const alike = providerOf(1, '1', { wraps });
    expect(await keysOf({ format: 'oss-crypto', provider: alike }).wouldWrite(old)).toBe(true);
    expect(await keysOf({ format: 'client-side-encryption', provider: alike }).wouldWrite(old)).toBe(false);
  });

  it.each<[string, Partial<ObjectKeysOptions>]>([
    ['another format', { format: 'oss-crypto' }],
    ['another master key', { provider: providerOf(3) }],
    ['another kind of key', { provider: providerOf(1, '1', { wraps: { sealed: 'other' } }) }],
    ['another recipient', { recipients: [providerOf(3)] }],
    ['one recipient less', { recipients: [] }],
    ['one recipient more', { recipients: [providerOf(2), providerOf(3)] }],
    ['another order', { provider: providerOf(2), recipients: [provider] }],
    ['another context', { context: { tenant: '8' } }],
    ['no context', { context: {} }],
    ['no binding', { bound: 'none' }],
  ])('is not so with %s', async (_, changes) => {
    const { envelope } = await created(keysOf(options));
    expect(await keysOf({ ...options, ...changes }).wouldWrite(stored(envelope))).toBe(false);
  });
});

describe('a secret that the provider derives', () => {
  const secretOf = (secret: unknown) =>
    keysOf({ provider: providerOf(1, '1', { deriveSecret: async () => secret as never }) }).secretFor('x');

  it('is 32 bytes, or none', async () => {
    const secret = new SecretBytes(randomBytes(32));
    expect(await secretOf(secret)).toBe(secret);
    expect(await secretOf(undefined)).toBeUndefined();
    expect(await keysOf().secretFor('x')).toBeUndefined();
    for (const wrong of [new SecretBytes(randomBytes(31)), 'text', null, { bytes: 'text' }]) {
      await expect(secretOf(wrong)).rejects.toThrow(MasterKeyError);
    }
  });
});

it('keys that write something else share their wrapping keys with those that they came from', async () => {
  let wrapped = 0;
  const toy = providerOf(1);
  const provider = providerOf(1, '1', {
    wrapKey: (request) => {
      wrapped++;
      return toy.wrapKey(request);
    },
  });
  const keys = keysOf({ provider });
  await created(keys);
  const { envelope } = await created(keys.writing({ bound: 'none' }));
  expect(envelope.bound).toBe('none');
  expect(wrapped).toBe(1);
  expect((await keys.writing({ format: 'oss-crypto' }).create(place(), record)).envelope.format).toBe(
    'oss-crypto',
  );
});
