// The attacker writes metadata: envelopes that lie, mix formats, lead a parser astray or name another key.
import { randomBytes } from 'node:crypto';
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { describe, expect } from 'vitest';
import { outcomeOf, plant, type StoredObject, sealedPrefix, steal } from '../support/attacker.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const pair = await rsaPair();
const auditor = await rsaPair(1);
const rsa = rsaProvider(pair);

type Changes = Readonly<Record<string, string | undefined>>;

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  type Options = Partial<ConstructorParameters<typeof EncryptedBucket>[0]>;
  const bucketOf = (options: Options = {}): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider: rsa, format: 'sealed', ...options });
  const attempt = async (bucket: EncryptedBucket, key: string, options = {}) => {
    const { code, bytes } = await outcomeOf(() => bucket.get(key, options));
    return { code, bytes: bytes.length };
  };

  // S5, S10, S11, S12, S13, S15, S16, S17: each change has the error that says which.
  it('holds: each header of a sealed envelope that is changed, taken or added is refused', async () => {
    const bucket = bucketOf({ context: { tenant: '7' } });
    await bucket.put('a', 'content of a');
    await bucket.put('b', 'content of b');
    const [a, b] = [await steal(world.oss, 'a'), await steal(world.oss, 'b')];
    const own = JSON.parse(a.metadata[`${sealedPrefix}key-1`]!) as Record<string, unknown>;
    const other = JSON.parse(b.metadata[`${sealedPrefix}key-1`]!) as Record<string, unknown>;
    const tries: readonly (readonly [string, Changes, string])[] = [
      ['head', { head: b.metadata[`${sealedPrefix}head`] }, 'ERR_INTEGRITY'],
      ['context', { context: '{"tenant":"7","x":"y"}' }, 'ERR_INTEGRITY'],
      ['context, written otherwise', { context: '{ "tenant":"7"}' }, 'ERR_INTEGRITY'],
      ['context that is none', { context: '{"tenant":7}' }, 'ERR_ENVELOPE_MALFORMED'],
      ['no context', { context: undefined }, 'ERR_OBJECT_MISMATCH'],
      ['no binding', { bound: 'none' }, 'ERR_OBJECT_MISMATCH'],
      ['strange binding', { bound: 'no' }, 'ERR_ENVELOPE_MALFORMED'],
      ['unknown version', { format: 'sealed/2' }, 'ERR_ALGORITHM_NOT_SUPPORTED'],
      ['no version', { format: undefined }, 'ERR_ENVELOPE_MALFORMED'],
      ['unknown header', { more: 'x' }, 'ERR_ENVELOPE_MALFORMED'],
      ['no recipient', { 'key-1': undefined }, 'ERR_ENVELOPE_MALFORMED'],
      ['a gap', { 'key-3': a.metadata[`${sealedPrefix}key-1`] }, 'ERR_ENVELOPE_MALFORMED'],
      ['ten recipients', { 'key-10': a.metadata[`${sealedPrefix}key-1`] }, 'ERR_ENVELOPE_MALFORMED'],
      [
        'the data key of another object',
        { 'key-1': JSON.stringify({ ...own, dek: other.dek }) },
        'ERR_OBJECT_MISMATCH',
      ],
      ['an unknown wrap', { 'key-1': JSON.stringify({ ...own, wrap: 'unheard-of' }) }, 'ERR_NO_MATCHING_KEY'],
      ['a recipient that is none', { 'key-1': '[]' }, 'ERR_ENVELOPE_MALFORMED'],
      [
        'a recipient with __proto__',
        { 'key-1': `{"__proto__":{"wrap":"rsa-oaep-sha256"}}` },
        'ERR_ENVELOPE_MALFORMED',
      ],
      ['a recipient that is deep', { 'key-1': '['.repeat(2000) }, 'ERR_ENVELOPE_MALFORMED'],
    ];
    for (const [what, changes, code] of tries) {
      const named = Object.fromEntries(
        Object.entries(changes).map(([name, value]) => [`${sealedPrefix}${name}`, value]),
      );
      await plant(world.oss, 'a', a, named);
      expect(await attempt(bucket, 'a'), what).toEqual({ code, bytes: 0 });
    }
    await plant(world.oss, 'a', a, { 'x-oss-meta-oss-crypto-key': 'AAAA' });
    expect(await attempt(bucket, 'a'), 'two formats').toEqual({ code: 'ERR_ENVELOPE_MALFORMED', bytes: 0 });
  });

  // S15: an unknown recipient beside a known one is passed over, and the choice is by what is said, never by trying.
  it('holds: a recipient that was added changes nothing', async () => {
    await bucketOf().put('k', 'content');
    const stolen = await steal(world.oss, 'k');
    const own = stolen.metadata[`${sealedPrefix}key-1`]!;
    const unknown = JSON.stringify({ ...JSON.parse(own), wrap: 'unheard-of' });
    await plant(world.oss, 'k', stolen, { [`${sealedPrefix}key-1`]: unknown, [`${sealedPrefix}key-2`]: own });
    expect(await attempt(bucketOf(), 'k')).toEqual({ code: 'none', bytes: 7 });
  });

  // S1, S5: one commitment, so that what several recipients read is the same, or an error.
  it('holds: one object is never two contents to two recipients', async () => {
    const both = bucketOf({
      recipients: [rsaProvider({ ...auditor, materialDescription: { id: 'auditor' } })],
    });
    await both.put('a', 'content of a');
    await both.put('b', 'content of b');
    const [a, b] = [await steal(world.oss, 'a'), await steal(world.oss, 'b')];
    const second = `${sealedPrefix}key-2`;
    const asAuditor = { provider: rsaProvider({ ...auditor, materialDescription: { id: 'auditor' } }) };
    await plant(world.oss, 'a', a, { [second]: b.metadata[second] });
    expect(await attempt(bucketOf(), 'a')).toEqual({ code: 'none', bytes: 12 });
    expect(await attempt(bucketOf(asAuditor), 'a')).toEqual({ code: 'ERR_OBJECT_MISMATCH', bytes: 0 });
    // Nor where objects are not bound to their keys, so that only the commitment tells.
    const unbound = bucketOf({ recipients: [asAuditor.provider], bound: 'none' });
    await unbound.put('a', 'content of a');
    await unbound.put('b', 'content of b');
    const other = (await steal(world.oss, 'b')).metadata[second];
    await plant(world.oss, 'a', await steal(world.oss, 'a'), { [second]: other });
    expect(await attempt(bucketOf(), 'a')).toEqual({ code: 'none', bytes: 12 });
    // By the commitment, before anything is decrypted: two keys could be made under which one chunk is right.
    const { code, bytes, message } = await outcomeOf(() => bucketOf(asAuditor).get('a'));
    expect([code, bytes.length]).toEqual(['ERR_INTEGRITY', 0]);
    expect(message).toContain('does not fit its data key');
  });

  // S18: an opened wrapping key is kept with all that decided that it may be used.
  it('holds: a wrapping key that was opened before opens nothing that another key is named for', async () => {
    const mine = { provider: rsaProvider({ ...pair, materialDescription: { id: 'mine' } }) };
    const bucket = bucketOf(mine);
    await bucket.put('k', 'content');
    expect((await attempt(bucket, 'k')).code).toBe('none');
    const stolen = await steal(world.oss, 'k');
    const own = JSON.parse(stolen.metadata[`${sealedPrefix}key-1`]!) as Record<string, unknown>;
    for (const [change, code] of [
      [{ desc: { id: 'theirs' } }, 'ERR_NO_MATCHING_KEY'],
      [{ wrap: 'kms' }, 'ERR_NO_MATCHING_KEY'],
      [
        { kek: (own.kek as string).replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) },
        'ERR_KEY_UNWRAP_FAILED',
      ],
    ] as const) {
      const changed = JSON.stringify({ ...own, ...change });
      await plant(world.oss, 'k', stolen, { [`${sealedPrefix}key-1`]: changed });
      expect(await attempt(bucket, 'k')).toEqual({ code, bytes: 0 });
    }
    await plant(world.oss, 'k', stolen);
    expect((await attempt(bucketOf({ provider: rsaProvider(auditor) }), 'k')).code).toMatch(
      /^ERR_(KEY|NO_MATCH)/,
    );
  });

  // S24.
  it('cannot hold: who kept an old envelope and its master key reads an object whose keys were changed', async () => {
    await bucketOf().put('k', 'content');
    const before = await steal(world.oss, 'k');
    const moved = bucketOf({
      provider: rsaProvider({ ...auditor, materialDescription: { id: 'new' } }),
      otherProviders: [rsa],
    });
    await moved.rewrap('k');
    const after = await steal(world.oss, 'k');
    expect(after.body.equals(before.body)).toBe(true);
    expect((await attempt(bucketOf(), 'k')).code).not.toBe('none');
    await plant(world.oss, 'k', { ...after, metadata: before.metadata });
    expect(await attempt(bucketOf(), 'k')).toEqual({ code: 'none', bytes: 7 });
    // To encrypt again is what helps.
    await plant(world.oss, 'k', after);
    await moved.reencrypt('k');
    await plant(world.oss, 'k', { ...(await steal(world.oss, 'k')), metadata: before.metadata });
    expect(await attempt(bucketOf(), 'k')).toEqual({ code: 'ERR_INTEGRITY', bytes: 0 });
  });

  // S11, S17.
  it('holds: who has another master key, or asks for another context, is refused', async () => {
    await bucketOf({ context: { tenant: '7' } }).put('k', 'content');
    const of = async (options: Options) => (await attempt(bucketOf(options), 'k')).code;
    expect(await of({ provider: rsaProvider(auditor) })).toBe('ERR_KEY_UNWRAP_FAILED');
    expect(await of({ context: { tenant: '8' } })).toBe('ERR_OBJECT_MISMATCH');
    expect(await of({ context: { region: 'x' } })).toBe('ERR_OBJECT_MISMATCH');
    expect(await of({})).toBe('none');
  });

  // S12.
  it('holds: an object that another tool moved opens under its old name alone', async () => {
    await bucketOf().put('a', 'content');
    await plant(world.oss, 'moved', await steal(world.oss, 'a'));
    expect((await attempt(bucketOf(), 'moved')).code).toBe('ERR_OBJECT_MISMATCH');
    expect((await attempt(bucketOf(), 'moved', { sealedAs: 'b' })).code).toBe('ERR_OBJECT_MISMATCH');
    expect((await attempt(bucketOf(), 'moved', { sealedAs: 'a' })).code).toBe('none');
  });

  // S19: labels stop the use of one format's wrapped key in another.
  it('holds: a wrapped key of one format does not open in another', async () => {
    await bucketOf().put('k', 'sealed content');
    await bucketOf({ format: 'oss-crypto' }).put('counter', 'counter content');
    const [sealed, counter] = [await steal(world.oss, 'k'), await steal(world.oss, 'counter')];
    const entry = JSON.parse(sealed.metadata[`${sealedPrefix}key-1`]!) as Record<string, string>;
    await plant(world.oss, 'relabelled', counter, { 'x-oss-meta-oss-crypto-key': entry.kek });
    expect((await attempt(bucketOf({ format: 'oss-crypto' }), 'relabelled')).code).toBe(
      'ERR_KEY_UNWRAP_FAILED',
    );
    const reversed = { ...entry, kek: counter.metadata['x-oss-meta-oss-crypto-key'] };
    await plant(world.oss, 'k', sealed, { [`${sealedPrefix}key-1`]: JSON.stringify(reversed) });
    expect(await attempt(bucketOf(), 'k')).toEqual({ code: 'ERR_KEY_UNWRAP_FAILED', bytes: 0 });
  });

  it.each(['sealed', 'oss-crypto', 'client-side-encryption'] as const)(
    'cannot hold: metadata of the user and the type of %s are whatever the bucket says',
    async (format) => {
      await bucketOf({ format }).put('k', 'content', { metadata: { patient: 'Ada' } });
      const stolen = await steal(world.oss, 'k');
      await plant(world.oss, 'k', stolen, { 'x-oss-meta-patient': 'Bob', 'content-type': 'text/html' });
      const object = await bucketOf({ format }).get('k');
      expect(object.metadata).toEqual({ patient: 'Bob' });
      expect(object.contentType).toBe('text/html');
      expect(await object.text()).toBe('content');
    },
  );

  describe.each([
    ['oss-crypto', 'x-oss-meta-oss-crypto-', 'x-oss-meta-oss-'],
    ['client-side-encryption', 'x-oss-meta-client-side-encryption-', 'x-oss-meta-client-side-encryption-'],
  ] as const)('an envelope of %s', (format, keys, algorithms) => {
    const content = randomBytes(30_000);
    const written = async (): Promise<StoredObject> => {
      await bucketOf({ format }).put('k', content);
      return steal(world.oss, 'k');
    };
    const lengthName = (stored: StoredObject): string =>
      Object.keys(stored.metadata).find((name) => name.endsWith('unencrypted-content-length'))!;

    const lies: readonly (readonly [string, (stored: StoredObject) => Changes])[] = [
      ['no start value', () => ({ [`${keys}start`]: undefined })],
      ['no key', () => ({ [`${keys}key`]: undefined })],
      ['both formats', () => ({ [`${sealedPrefix}format`]: 'sealed/1' })],
      ['a key of 6 KB', () => ({ [`${keys}key`]: 'A'.repeat(6000) })],
      ['an empty key', () => ({ [`${keys}key`]: '' })],
      [
        'a key in the other base64',
        ({ metadata }) => ({ [`${keys}key`]: `-_${metadata[`${keys}key`]!.slice(2)}` }),
      ],
      ['the key as start value', ({ metadata }) => ({ [`${keys}start`]: metadata[`${keys}key`] })],
      ['a content algorithm that is CBC', () => ({ [`${algorithms}cek-alg`]: 'AES/CBC/PKCS5Padding' })],
      ['a content algorithm that is none', () => ({ [`${algorithms}cek-alg`]: 'none' })],
      ['a content algorithm __proto__', () => ({ [`${algorithms}cek-alg`]: '__proto__' })],
      ['a wrap algorithm __proto__', () => ({ [`${algorithms}wrap-alg`]: '__proto__' })],
      ['a wrap algorithm constructor', () => ({ [`${algorithms}wrap-alg`]: 'constructor' })],
      ['a wrap algorithm kms', () => ({ [`${algorithms}wrap-alg`]: 'kms' })],
      ['a description that is no JSON', () => ({ [`${algorithms}matdesc`]: '{' })],
      ['a description of 3,000 arrays', () => ({ [`${algorithms}matdesc`]: '['.repeat(3000) })],
      [
        'a description with a deep __proto__',
        () => ({ [`${algorithms}matdesc`]: '{"__proto__":{"polluted":"1"}}' }),
      ],
      ['a description of another key', () => ({ [`${algorithms}matdesc`]: '{"key":"other"}' })],
      ...['1e3', '0x10', '+5', '-1', '9007199254740993', '30000.0', '29999', '30001', 'NaN', ''].map(
        (value) =>
          [
            `a recorded length ${JSON.stringify(value)}`,
            (stored: StoredObject) => ({ [lengthName(stored)]: value }),
          ] as const,
      ),
    ];

    it.each(lies)(
      'holds: with %s it gives its content, or an error that says nothing of it',
      async (_name, lie) => {
        const stored = await written();
        await plant(world.oss, 'k', stored, lie(stored));
        const { code, bytes, message } = await outcomeOf(() => bucketOf({ format }).get('k'));
        expect(code).not.toBe('foreign');
        if (code === 'none') expect(bytes.equals(content)).toBe(true);
        for (const name of [`${keys}key`, `${keys}start`])
          expect(message).not.toContain(stored.metadata[name]!.slice(0, 40));
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      },
    );

    it('holds: headers named as members of objects are metadata like any other', async () => {
      const stored = await written();
      const odd = { 'x-oss-meta-constructor': 'c', 'x-oss-meta-tostring': 't' };
      await plant(world.oss, 'k', stored, odd);
      const object = await bucketOf({ format }).get('k');
      expect(Object.entries(object.metadata).sort()).toEqual([
        ['constructor', 'c'],
        ['tostring', 't'],
      ]);
      expect(Buffer.from(await object.bytes()).equals(content)).toBe(true);
    });
  });

  // Bleichenbacher's oracle needs PKCS#1 v1.5; who does not need it either switches it off.
  it('holds: an object relabelled to PKCS#1 v1.5 is refused where that is not allowed', async () => {
    const provider = rsaProvider({ ...pair, padding: 'oaep-sha1', allowPkcs1ForReading: false });
    const bucket = bucketOf({ provider, format: 'client-side-encryption' });
    await bucket.put('k', 'content');
    const stolen = await steal(world.oss, 'k');
    const wrap = 'x-oss-meta-client-side-encryption-wrap-alg';
    expect(stolen.metadata[wrap]).toMatch(/OAEP/);
    await plant(world.oss, 'k', stolen, { [wrap]: 'RSA/NONE/PKCS1Padding' });
    expect(await attempt(bucket, 'k')).toEqual({ code: 'ERR_NO_MATCHING_KEY', bytes: 0 });
  });
});
