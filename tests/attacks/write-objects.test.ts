// The attacker writes the bucket: replaces, changes, cuts, swaps, rolls back and deletes bodies and whole objects.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EncryptedBucket, type KeyProvider } from '@oss-envelope/core';
import { getToFile } from '@oss-envelope/core/node';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { memoryCheckpoint, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { flipped, outcomeOf, plant, sealedPrefix, steal } from '../support/attacker.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const pair = await rsaPair();
const rsa = rsaProvider(pair);
const chunk = 16_384;
const counterFormats = ['oss-crypto', 'client-side-encryption'] as const;

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  type Options = Partial<ConstructorParameters<typeof EncryptedBucket>[0]>;
  const bucketOf = (options: Options = {}): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider: rsa, format: 'sealed', ...options });
  const attempt = (bucket: EncryptedBucket, key = 'k', options = {}) =>
    outcomeOf(() => bucket.get(key, options));

  // S3, S4, S5, S6.
  it('holds: a sealed byte that is changed, cut or added is refused before it is handed on', async () => {
    const content = randomBytes(chunk * 2 + 100);
    await bucketOf().put('k', content);
    const sealed = await steal(world.oss, 'k');
    const edges = [0, 24, 56, 56 + chunk + 16, 56 + 2 * (chunk + 16), sealed.body.length];
    for (const edge of edges) {
      for (const at of [edge - 1, edge, edge + 1]) {
        if (at < 0 || at >= sealed.body.length) continue;
        await plant(world.oss, 'k', { ...sealed, body: flipped(sealed.body, at) });
        const changed = await attempt(bucketOf());
        expect(changed.code, `bit ${at}`).toBe('ERR_INTEGRITY');
        expect(content.subarray(0, changed.bytes.length).equals(changed.bytes)).toBe(true);
        await plant(world.oss, 'k', { ...sealed, body: sealed.body.subarray(0, at) });
        const { code, bytes } = await attempt(bucketOf());
        expect(code, `cut at ${at}`).toBe('ERR_INTEGRITY');
        expect(bytes.length % chunk).toBe(0);
      }
    }
    await plant(world.oss, 'k', { ...sealed, body: Buffer.concat([sealed.body, randomBytes(1)]) });
    expect((await attempt(bucketOf())).code).toBe('ERR_INTEGRITY');
  });

  // S2: the position is in the nonce.
  it('holds: sealed chunks that are reordered, repeated or mixed are refused', async () => {
    await bucketOf().put('k', randomBytes(chunk * 3 + 5));
    await bucketOf().put('other', randomBytes(chunk * 3 + 5));
    const [mine, other] = [await steal(world.oss, 'k'), await steal(world.oss, 'other')];
    const piece = (body: Buffer, index: number): Buffer =>
      body.subarray(56 + index * (chunk + 16), 56 + (index + 1) * (chunk + 16));
    const bodyOf = (...pieces: Buffer[]): Buffer =>
      Buffer.concat([mine.body.subarray(0, 56), ...pieces, piece(mine.body, 3)]);
    const [a, b, c] = [0, 1, 2].map((index) => piece(mine.body, index)) as [Buffer, Buffer, Buffer];
    for (const body of [
      bodyOf(b, a, c),
      bodyOf(a, a, c),
      bodyOf(a, c),
      bodyOf(a, b, c, c),
      bodyOf(a, piece(other.body, 1), c),
      Buffer.concat([other.body.subarray(0, 56), a, b, c, piece(mine.body, 3)]),
    ]) {
      await plant(world.oss, 'k', { ...mine, body });
      expect((await attempt(bucketOf())).code).toBe('ERR_INTEGRITY');
    }
  });

  // S7.
  it('holds: a range of a changed sealed object is refused, a handle notices, and no file is left', async () => {
    await bucketOf().put('k', randomBytes(chunk * 20));
    const handle = await bucketOf().open('k', { prefetchBytes: 1 });
    const sealed = await steal(world.oss, 'k');
    await plant(world.oss, 'k', { ...sealed, body: flipped(sealed.body, 100_000) });
    const range = { offsetBytes: 90_000, lengthBytes: 20_000 };
    expect((await attempt(bucketOf(), 'k', { range })).code).toBe('ERR_INTEGRITY');
    await expect(handle.read(90_000, 20_000)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    await expect(bucketOf().verify('k')).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    for (const options of [{}, { concurrency: 2, partSizeBytes: 50_000 }]) {
      const target = join(world.folder, 'target');
      await expect(getToFile(bucketOf(), 'k', target, options)).rejects.toMatchObject({
        code: 'ERR_INTEGRITY',
      });
      await expect(readFile(target)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await plant(world.oss, 'k', { ...sealed, body: sealed.body.subarray(0, 56 + 5 * (chunk + 16)) });
    await expect(bucketOf().open('k')).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
  });

  // S12.
  it('holds: another sealed object in the place of one does not open', async () => {
    await bucketOf().put('a', 'content of a');
    await bucketOf().put('b', 'content of b');
    const [a, b] = [await steal(world.oss, 'a'), await steal(world.oss, 'b')];
    await plant(world.oss, 'a', b);
    expect(await attempt(bucketOf(), 'a')).toMatchObject({ code: 'ERR_OBJECT_MISMATCH', bytes: Buffer.of() });
    await plant(world.oss, 'a', { ...a, body: b.body });
    expect(await attempt(bucketOf(), 'a')).toMatchObject({ code: 'ERR_INTEGRITY', bytes: Buffer.of() });
  });

  it('cannot hold: another sealed object opens where objects are not bound to their keys', async () => {
    const unbound = bucketOf({ bound: 'none' });
    await unbound.put('a', 'content of a');
    await unbound.put('b', 'content of b');
    await plant(world.oss, 'a', await steal(world.oss, 'b'));
    expect(await (await unbound.get('a')).text()).toBe('content of b');
  });

  // S11.
  it('holds: an object of another tenant is refused where a context is asked for', async () => {
    const [seven, eight] = ['7', '8'].map((tenant) => bucketOf({ context: { tenant }, bound: 'none' }));
    await seven!.put('k', 'of seven');
    await eight!.put('other', 'of eight');
    await plant(world.oss, 'k', await steal(world.oss, 'other'));
    const { code, bytes, message } = await attempt(seven!);
    expect({ code, bytes }).toEqual({ code: 'ERR_OBJECT_MISMATCH', bytes: Buffer.of() });
    // It names the pair, and not what it says.
    expect(message).toMatch(/tenant/);
    expect(message).not.toMatch(/[78]/);
  });

  // S19.
  it('holds: an object of a weaker format in the place of a sealed one is refused', async () => {
    await bucketOf().put('k', 'sealed content');
    await bucketOf({ format: 'oss-crypto' }).put('counter', 'counter content');
    await plant(world.oss, 'k', await steal(world.oss, 'counter'));
    expect(await attempt(bucketOf())).toMatchObject({ code: 'ERR_FORMAT_NOT_ALLOWED', bytes: Buffer.of() });
    const handle = bucketOf().open('k');
    await expect(handle).rejects.toMatchObject({ code: 'ERR_FORMAT_NOT_ALLOWED' });
  });

  it('cannot hold: an object of a weaker format opens where it may be read', async () => {
    for (const options of [{ reads: ['sealed', 'oss-crypto'] as const }, { format: 'oss-crypto' as const }]) {
      await bucketOf({ format: 'oss-crypto' }).put('k', 'counter content');
      const object = await bucketOf(options).get('k');
      expect(object.authenticated).toBe(false);
      expect(await object.text()).toBe('counter content');
    }
  });

  it.each(['sealed', ...counterFormats] as const)(
    'holds: an object without encryption in the place of one in %s is refused',
    async (format) => {
      const bucket = bucketOf({ format });
      await bucket.put('k', 'content');
      await plant(world.oss, 'k', { metadata: { 'x-oss-meta-note': 'x' }, body: Buffer.from('forged') });
      expect(await attempt(bucket)).toMatchObject({ code: 'ERR_ENVELOPE_MISSING', bytes: Buffer.of() });
      await expect(bucket.verify('k')).rejects.toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
      await expect(bucket.open('k')).rejects.toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
    },
  );

  // S21.
  it('cannot hold: an older version of an object that is put back opens', async () => {
    for (const format of ['sealed', ...counterFormats] as const) {
      const bucket = bucketOf({ format });
      await bucket.put('k', 'older');
      const older = await steal(world.oss, 'k');
      await bucket.put('k', 'newer');
      await plant(world.oss, 'k', older);
      expect(await (await bucket.get('k')).text()).toBe('older');
    }
  });

  it('cannot hold: that an object was deleted is the word of the bucket', async () => {
    await bucketOf().put('k', 'content');
    await world.oss.deleteObject('bucket', 'k');
    await expect(bucketOf().get('k')).rejects.toMatchObject({ code: 'ERR_SERVICE', status: 404 });
  });

  it('holds: content is not in what is stored, nor in two objects the same', async () => {
    const content = Buffer.from('a text that would be seen at once, '.repeat(20));
    for (const format of ['sealed', ...counterFormats] as const) {
      await bucketOf({ format }).put('a', content);
      await bucketOf({ format }).put('b', content);
      const [a, b] = [await steal(world.oss, 'a'), await steal(world.oss, 'b')];
      for (const { body, metadata } of [a, b])
        for (const shown of [body.toString('latin1'), JSON.stringify(metadata)]) {
          expect(shown).not.toContain('seen at once');
          // A digest of it would show a guess of the content to be right.
          for (const hash of ['md5', 'sha1', 'sha256'])
            for (const encoding of ['base64', 'hex'] as const)
              expect(shown).not.toContain(createHash(hash).update(content).digest(encoding));
        }
      // No keystream twice: what they have in common would be zeros.
      const common = a.body.filter((byte, index) => byte === b.body[index]).length;
      expect(common).toBeLessThan(content.length / 10);
    }
  });

  it('cannot hold: the length of content, its name, metadata and type are in the clear', async () => {
    for (const format of ['sealed', ...counterFormats] as const) {
      const options = { metadata: { patient: 'Ada' }, contentType: 'image/png' };
      await bucketOf({ format }).put('names/ada', randomBytes(1234), options);
      const { headers, bytes } = await world.oss.getObject('bucket', 'names/ada');
      expect(headers['x-oss-meta-patient']).toBe('Ada');
      expect(headers['content-type']).toBe('image/png');
      expect(bytes.length).toBe(format === 'sealed' ? 56 + 1234 + 16 : 1234);
    }
  });

  it('cannot hold: the context of a sealed object is in the clear', async () => {
    await bucketOf({ context: { tenant: 'seven' } }).put('k', 'content');
    expect((await steal(world.oss, 'k')).metadata[`${sealedPrefix}context`]).toBe('{"tenant":"seven"}');
  });

  describe.each([
    ['in one request', {}],
    ['in parts', { multipartThresholdBytes: 0, partSizeBytes: 114_688 }],
  ])('an object that must not be replaced, written %s', (_name, ways) => {
    const content = randomBytes(300_000);

    it('holds: is refused where another was there first, whatever the content is', async () => {
      await bucketOf().put('k', 'first');
      const stolen = await steal(world.oss, 'k');
      for (const kind of [content, new Blob([content]), Readable.from([content])]) {
        const put = bucketOf().put('k', kind, { ...ways, forbidOverwrite: true });
        await expect(put).rejects.toMatchObject({ code: 'ERR_SERVICE', status: 409 });
        expect(await steal(world.oss, 'k')).toEqual(stolen);
      }
    });

    it('holds: is refused where another came while it was written', async () => {
      await bucketOf().put('first', 'first');
      const stolen = await steal(world.oss, 'first');
      let isPlanted = false;
      const late = Readable.from(
        (async function* () {
          yield content.subarray(0, 200_000);
          if (!isPlanted) await plant(world.oss, 'k', stolen);
          isPlanted = true;
          yield content.subarray(200_000);
        })(),
      );
      const put = bucketOf().put('k', late, { ...ways, sizeBytes: content.length, forbidOverwrite: true });
      await expect(put).rejects.toMatchObject({ code: 'ERR_SERVICE', status: 409 });
      expect(await steal(world.oss, 'k')).toEqual(stolen);
    });

    it('holds: is refused where another came before it was resumed', async () => {
      await bucketOf().put('first', 'first');
      const stolen = await steal(world.oss, 'first');
      const options = { ...ways, partSizeBytes: 114_688, checkpoint: memoryCheckpoint(), concurrency: 1 };
      const fault = world.oss.faults.add({
        kind: 'status',
        status: 403,
        skip: 1,
        match: { operation: 'UploadPart' },
      });
      const put = () => bucketOf().put('k', content, { ...options, forbidOverwrite: true });
      await expect(put()).rejects.toMatchObject({ status: 403 });
      fault.remove();
      await plant(world.oss, 'k', stolen);
      await expect(put()).rejects.toMatchObject({ code: 'ERR_SERVICE', status: 409 });
      expect(await steal(world.oss, 'k')).toEqual(stolen);
    });

    it('cannot hold: it is replaced by whoever does not forbid that', async () => {
      await bucketOf().put('k', content, { ...ways, forbidOverwrite: true });
      await bucketOf().put('k', 'second');
      expect(await (await bucketOf().get('k')).text()).toBe('second');
    });
  });

  describe.each(counterFormats)('%s, which is not authenticated', (format) => {
    // A14, C12, S20.
    it('cannot hold: a flipped bit passes unseen', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('k', 'content');
      const stolen = await steal(world.oss, 'k');
      await plant(world.oss, 'k', { ...stolen, body: flipped(stolen.body, 0) });
      const object = await bucket.get('k');
      expect(object.authenticated).toBe(false);
      expect(await object.text()).toBe('bontent');
      expect(await bucket.verify('k')).toMatchObject({ authenticated: false });
    });

    it('cannot hold: a cut or longer body passes where its recorded length was taken away', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('k', 'content of seventeen');
      const stolen = await steal(world.oss, 'k');
      const unrecorded = Object.fromEntries(
        Object.keys(stolen.metadata)
          .filter((name) => name.endsWith('unencrypted-content-length'))
          .map((name) => [name, undefined]),
      );
      await plant(world.oss, 'k', { ...stolen, body: stolen.body.subarray(0, 7) }, unrecorded);
      expect(await (await bucket.get('k')).text()).toBe('content');
    });

    it('holds: a body that is not as long as recorded is refused', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('k', 'content of seventeen');
      const stolen = await steal(world.oss, 'k');
      const recorded = Object.keys(stolen.metadata).filter((name) => name.endsWith('content-length'));
      expect(recorded).toHaveLength(1);
      for (const body of [stolen.body.subarray(0, 7), Buffer.concat([stolen.body, Buffer.of(1)])]) {
        await plant(world.oss, 'k', { ...stolen, body });
        expect((await attempt(bucket)).code).toBe('ERR_INTEGRITY');
      }
    });

    it('cannot hold: another object in the place of one opens', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('a', 'content of a');
      await bucket.put('b', 'content of b');
      await plant(world.oss, 'a', await steal(world.oss, 'b'));
      expect(await (await bucket.get('a')).text()).toBe('content of b');
    });

    it('holds: another body under the envelope of an object is never its content', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('a', 'content of a');
      await bucket.put('b', 'content of b');
      const [a, b] = [await steal(world.oss, 'a'), await steal(world.oss, 'b')];
      await plant(world.oss, 'a', { ...a, body: b.body });
      expect((await attempt(bucket, 'a')).bytes.toString('latin1')).not.toMatch(/content/);
    });

    it('holds: what asks for a context refuses an object that has none', async () => {
      await bucketOf({ format }).put('k', 'content');
      expect(await attempt(bucketOf({ format }), 'k', { context: { tenant: '7' } })).toMatchObject({
        code: expect.stringMatching(/^ERR_/),
        bytes: Buffer.of(),
      });
    });
  });

  describe('a new object made by a stranger', () => {
    let kms: LocalKms;
    let keys: Readonly<Record<string, string>>;
    beforeAll(async () => {
      kms = await startKms();
      keys = { mine: await kms.createKey({}), strangers: await kms.createKey({}) };
    });
    afterAll(() => kms.close());
    /** A stranger writes with a provider, and the owner of another reads. */
    const forged = async (stranger: KeyProvider, owner: KeyProvider) => {
      await bucketOf({ provider: stranger }).put('k', 'forged');
      return attempt(bucketOf({ provider: owner }));
    };
    const opens = { code: 'none', bytes: Buffer.from('forged') };
    const refused = { code: expect.stringMatching(/^ERR_(KEY_UNWRAP|NO_MATCHING)/), bytes: Buffer.of() };

    it('cannot hold: opens when it was made with the public key of an RSA pair', async () => {
      expect(await forged(rsaProvider({ publicKey: pair.publicKey }), rsa)).toMatchObject(opens);
    });

    it.each(['x25519', 'hybrid'] as const)(
      'cannot hold: opens when it was made with an age recipient of kind %s',
      async (kind) => {
        const { identity, recipient } = await generateAgeIdentity({ kind });
        const stranger = ageProvider({ recipients: recipient });
        expect(await forged(stranger, ageProvider({ identities: identity }))).toMatchObject(opens);
      },
    );

    it('holds: does not open without the passphrase of age', async () => {
      const of = (passphrase: string) => ageProvider({ passphrase, workFactorLog2: 10 });
      expect(await forged(of('guessed'), of('correct horse'))).toMatchObject(refused);
    });

    it('holds: does not open without the secret of provider-aes', async () => {
      const of = () => aesProvider({ secret: generateAesSecret() });
      expect(await forged(of(), of())).toMatchObject(refused);
    });

    it('holds: does not open under a KMS key that the reader does not expect', async () => {
      const of = (keyId: string) =>
        kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId });
      expect(await forged(of(keys.strangers!), of(keys.mine!))).toMatchObject(refused);
    });

    it('holds: does not open when it is of another kind of master key', async () => {
      expect(
        await forged(
          rsaProvider({ publicKey: pair.publicKey }),
          aesProvider({ secret: generateAesSecret() }),
        ),
      ).toMatchObject(refused);
    });
  });
});
