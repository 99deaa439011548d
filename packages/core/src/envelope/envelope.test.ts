import { anyCharacter } from '@oss-envelope/test-kit/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../encoding/base64.js';
import { AlgorithmNotSupportedError, MalformedEnvelopeError } from '../errors/errors.js';
import type { CounterEnvelope } from './counter-envelope.js';
import { formatEnvelope, recordedMd5, recordedSize, withContentSize } from './envelope.js';
import { isEnvelopeHeader } from './envelope-header-names.js';
import { parseEnvelope } from './envelope-reading.js';
import { formats } from './formats.js';
import type { SealedEnvelope } from './sealed-envelope.js';

const wrapped = new Uint8Array(256).fill(7);
const documented = {
  'x-oss-meta-oss-crypto-key': encodeBase64(wrapped),
  'x-oss-meta-oss-crypto-start': encodeBase64(wrapped),
  'x-oss-meta-oss-cek-alg': 'AES/GCM/NoPadding',
  'x-oss-meta-oss-wrap-alg': 'rsa',
};
const current = {
  'x-oss-meta-client-side-encryption-key': encodeBase64(wrapped),
  'x-oss-meta-client-side-encryption-start': encodeBase64(wrapped),
  'x-oss-meta-client-side-encryption-cek-alg': 'AES/CTR/NoPadding',
  'x-oss-meta-client-side-encryption-wrap-alg': 'RSA/NONE/PKCS1Padding',
};
const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
const opened = (headers: Record<string, string>, options = {}): CounterEnvelope => {
  const state = parseEnvelope(headers, options);
  if (state.kind !== 'enveloped' || state.envelope.format === 'sealed') {
    throw new Error('no envelope was found');
  }
  return state.envelope;
};

describe('what is read', () => {
  it('finds no envelope among other metadata', () => {
    expect(parseEnvelope({ 'content-type': 'text/plain', 'x-oss-meta-author': 'me' })).toEqual({
      kind: 'plain',
    });
    // A plaintext's length or MD5 alone is a note, not an envelope.
    expect(parseEnvelope({ 'x-oss-meta-unencrypted-content-length': '3' })).toEqual({ kind: 'plain' });
  });

  it('reads both formats, names in any case', () => {
    expect(
      opened({
        'X-Oss-Meta-Oss-Crypto-Key': encodeBase64(wrapped),
        ...without(documented, 'x-oss-meta-oss-crypto-key'),
      }),
    ).toMatchObject({
      format: 'oss-crypto',
      wrapAlgorithm: 'rsa-oaep-sha1',
      contentAlgorithm: 'aes-256-ctr',
      wrappedKey: wrapped,
      materialDescription: {},
    });
    expect(opened(current)).toMatchObject({ format: 'client-side-encryption', wrapAlgorithm: 'rsa-pkcs1' });
  });

  it.each([
    ['rsa', 'rsa-oaep-sha1'],
    ['kms', 'kms'],
  ])('reads the documented wrap algorithm %s', (literal, algorithm) => {
    expect(opened({ ...documented, 'x-oss-meta-oss-wrap-alg': literal }).wrapAlgorithm).toBe(algorithm);
  });

  it.each([
    ['RSA/NONE/PKCS1Padding', 'rsa-pkcs1'],
    ['rsa/none/pkcs1padding', 'rsa-pkcs1'],
    ['RSA/NONE/OAEPWithSHA-1AndMGF1Padding', 'rsa-oaep-sha1'],
    ['KMS/ALICLOUD', 'kms'],
  ])('reads the current wrap algorithm %s', (literal, algorithm) => {
    expect(opened({ ...current, 'x-oss-meta-client-side-encryption-wrap-alg': literal }).wrapAlgorithm).toBe(
      algorithm,
    );
  });

  // A3, A4.
  it('takes an absent algorithm of the documented format for RSA and counter mode, as oss2 does', () => {
    const headers = without(without(documented, 'x-oss-meta-oss-wrap-alg'), 'x-oss-meta-oss-cek-alg');
    expect(opened(headers)).toMatchObject({
      wrapAlgorithm: 'rsa-oaep-sha1',
      contentAlgorithm: 'aes-256-ctr',
    });
    expect(opened({ ...documented, 'x-oss-meta-oss-cek-alg': 'AES/CTR/NoPadding' }).contentAlgorithm).toBe(
      'aes-256-ctr',
    );
  });

  // A12.
  it.each(['x-oss-meta-oss-matdesc', 'x-oss-meta-oss-crypto-matdesc'])(
    'reads the description from %s',
    (name) => {
      expect(opened({ ...documented, [name]: '{"key": "a", "n": 1}' }).materialDescription).toEqual({
        key: 'a',
        n: '1',
      });
    },
  );

  it('prefers the documented spelling of the description, also an empty one', () => {
    const other = { 'x-oss-meta-oss-crypto-matdesc': '{"n":"other"}' };
    const both = { ...documented, ...other, 'x-oss-meta-oss-matdesc': '{"n":"documented"}' };
    expect(opened(both).materialDescription).toEqual({ n: 'documented' });
    expect(opened({ ...both, 'x-oss-meta-oss-matdesc': '{}' }).materialDescription).toEqual({});
    // An empty header is there, and is no JSON.
    expect(() => opened({ ...both, 'x-oss-meta-oss-matdesc': '' })).toThrow(MalformedEnvelopeError);
  });

  it.each([
    // C9.
    ['[]', {}],
    ['"text"', {}],
    ['null', {}],
    ['{"desc":"a\\/b \\u003cx\\u003e\\u0026é中","b":true}', { desc: 'a/b <x>&é中', b: 'true' }],
    // As HTTP clients hand over what the Go SDKs send: each character a byte of UTF-8.
    [Buffer.from('{"clé":"钥匙"}').toString('latin1'), { clé: '钥匙' }],
    // Latin-1 that is no UTF-8.
    ['{"desc":"é"}', { desc: 'é' }],
    // What looks like bytes beside what cannot be any.
    ['{"desc":"Ã©钥"}', { desc: 'Ã©钥' }],
    // The lower half of Ł is a byte that would fit.
    ['{"desc":"Ã©Ł"}', { desc: 'Ã©Ł' }],
  ])('reads the description %s', (text, description) => {
    const name = 'x-oss-meta-client-side-encryption-matdesc';
    expect(opened({ ...current, [name]: text }).materialDescription).toEqual(description);
  });

  it('reads the description {"__proto__": …} as a pair like any other', () => {
    const headers = { ...current, 'x-oss-meta-client-side-encryption-matdesc': '{"__proto__":"x"}' };
    const { materialDescription } = opened(headers);
    expect(Object.getOwnPropertyNames(materialDescription)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(materialDescription)).toBe(Object.prototype);
  });

  // A13, C10.
  it('reads recorded sizes and digests', () => {
    const md5 = encodeBase64(new Uint8Array(16));
    expect(
      opened({
        ...documented,
        'x-oss-meta-unencrypted-content-length': '12',
        'x-oss-meta-unencrypted-content-md5': md5,
      }),
    ).toMatchObject({ contentSizeBytes: 12, contentMd5: md5 });
    const prefix = 'x-oss-meta-client-side-encryption';
    expect(
      opened({ ...current, [`${prefix}-data-size`]: '204801', [`${prefix}-part-size`]: '102400' }).parts,
    ).toEqual({
      dataSizeBytes: 204801,
      partSizeBytes: 102400,
    });
    expect(opened({ ...current, [`${prefix}-data-size`]: '204801' }).parts).toBeUndefined();
    expect(opened({ ...current, [`${prefix}-part-size`]: '102400' }).parts).toBeUndefined();
    const name = `${prefix}-unencrypted-content-md5`;
    expect(opened({ ...current, [name]: md5 }).contentMd5).toBe(md5);
    for (const wrong of ['', 'no base64', encodeBase64(new Uint8Array(15))]) {
      expect(() => parseEnvelope({ ...current, [name]: wrong })).toThrow(MalformedEnvelopeError);
    }
  });

  it('reads wrapped keys with blanks around them, of up to 8 KB', () => {
    const key = 'x-oss-meta-client-side-encryption-key';
    expect(opened({ ...current, [key]: ` ${encodeBase64(wrapped)} ` }).wrappedKey).toEqual(wrapped);
    expect(opened({ ...current, [key]: 'A'.repeat(8192) }).wrappedKey).toHaveLength(6144);
  });
});

describe('what is refused', () => {
  // A1, C1.
  it.each(Object.keys({ ...documented, ...current }).filter((name) => /key|start/.test(name)))(
    'half an envelope: no %s',
    (name) => {
      const headers = name in documented ? documented : current;
      expect(() => parseEnvelope(without(headers, name))).toThrow(MalformedEnvelopeError);
      expect(() => parseEnvelope(without(headers, name))).toThrow(/half an envelope.*all metadata/s);
    },
  );

  it('an envelope of the current format without its algorithms', () => {
    const noContent = without(current, 'x-oss-meta-client-side-encryption-cek-alg');
    expect(() => parseEnvelope(noContent)).toThrow(MalformedEnvelopeError);
    expect(opened(noContent, { lenient: true }).contentAlgorithm).toBe('aes-256-ctr');
    const noWrap = without(current, 'x-oss-meta-client-side-encryption-wrap-alg');
    expect(() => parseEnvelope(noWrap, { lenient: true })).toThrow(MalformedEnvelopeError);
  });

  it('a lone sign of an envelope', () => {
    for (const name of [
      ...Object.keys(documented),
      'x-oss-meta-oss-matdesc',
      'x-oss-meta-oss-crypto-matdesc',
      'x-oss-meta-client-side-encryption-data-size',
    ]) {
      expect(() => parseEnvelope({ [name]: 'x' }), name).toThrow(MalformedEnvelopeError);
    }
  });

  // S16.
  it('a header twice, in two spellings', () => {
    const twice = { ...documented, 'X-Oss-Meta-Oss-Crypto-Key': encodeBase64(wrapped) };
    expect(() => parseEnvelope(twice)).toThrow(MalformedEnvelopeError);
    expect(() => parseEnvelope(twice)).toThrow(/twice/);
    expect(opened({ ...documented, 'x-oss-meta-author': 'a', 'X-Oss-Meta-Author': 'b' }).format).toBe(
      'oss-crypto',
    );
  });

  // S16.
  it('both formats at once', () => {
    expect(() => parseEnvelope({ ...documented, ...current })).toThrow(/two formats/);
    expect(() => parseEnvelope({ ...documented, 'x-oss-meta-client-side-encryption-wrap-alg': 'x' })).toThrow(
      /two formats/,
    );
  });

  it.each([
    ['x-oss-meta-oss-cek-alg', 'AES/CBC/NoPadding'],
    ['x-oss-meta-oss-cek-alg', 'aes/gcm/nopadding'],
    ['x-oss-meta-oss-wrap-alg', 'custom'],
    ['x-oss-meta-oss-wrap-alg', 'RSA'],
  ])('the documented algorithm %s = %s', (name, value) => {
    expect(() => parseEnvelope({ ...documented, [name]: value })).toThrow(AlgorithmNotSupportedError);
  });

  it.each([
    // C3, C4.
    ['cek-alg', 'AES/GCM/NoPadding'],
    ['wrap-alg', 'rsa'],
    ['wrap-alg', 'KMS/OTHER'],
  ])('the current algorithm %s = %s', (suffix, value) => {
    const headers = { ...current, [`x-oss-meta-client-side-encryption-${suffix}`]: value };
    expect(() => parseEnvelope(headers)).toThrow(AlgorithmNotSupportedError);
  });

  it('an algorithm, with the names of those that are supported', () => {
    const messageOf = (changes: Record<string, string>) => () => parseEnvelope({ ...documented, ...changes });
    expect(messageOf({ 'x-oss-meta-oss-cek-alg': 'AES/CBC/NoPadding' })).toThrow(
      'x-oss-meta-oss-cek-alg names a content algorithm that is not supported; ' +
        'supported are AES/GCM/NoPadding, AES/CTR/NoPadding. Read',
    );
    expect(messageOf({ 'x-oss-meta-oss-wrap-alg': 'custom' })).toThrow(
      'x-oss-meta-oss-wrap-alg names a wrap algorithm that is not supported; supported are rsa, kms. Read',
    );
  });

  // A2, C2.
  it.each(['', 'not base64!', 'AAA', 'AA==A', 'AB==', 'AAAA\nAAAA', '-_-_', 'A'.repeat(8196)])(
    'the wrapped key %j',
    (value) => {
      expect(() => parseEnvelope({ ...current, 'x-oss-meta-client-side-encryption-key': value })).toThrow(
        MalformedEnvelopeError,
      );
      expect(() => parseEnvelope({ ...documented, 'x-oss-meta-oss-crypto-start': value })).toThrow(
        MalformedEnvelopeError,
      );
    },
  );

  it('base64 that is none, and what is longer than a header can be, in other words', () => {
    const refused = (value: string) => () =>
      parseEnvelope({ ...current, 'x-oss-meta-client-side-encryption-key': value });
    expect(refused('-_-_')).toThrow('encryption-key is not base64 (RFC 4648, padded, one line). The object');
    expect(refused('A'.repeat(8196))).toThrow('encryption-key is longer than 8 KB. The object');
  });

  it.each(['{', '{"a":{}}', '{"a":[1]}', '{"a":null}'])('the description %s', (text) => {
    expect(() => parseEnvelope({ ...documented, 'x-oss-meta-oss-matdesc': text })).toThrow(
      MalformedEnvelopeError,
    );
  });

  it.each([
    ['x-oss-meta-unencrypted-content-length', '-1'],
    ['x-oss-meta-unencrypted-content-length', '99999999999999999999'],
    ['x-oss-meta-unencrypted-content-length', '9999999999999999'],
    ['x-oss-meta-unencrypted-content-md5', 'd41d8cd98f00b204e9800998ecf8427e'],
  ])('the record %s = %s, unless lenient', (name, value) => {
    const headers = { ...documented, [name]: value };
    expect(() => parseEnvelope(headers)).toThrow(MalformedEnvelopeError);
    expect(opened(headers, { lenient: true })).toMatchObject({
      contentSizeBytes: undefined,
      contentMd5: undefined,
    });
  });

  it('never shows a header value in the message', () => {
    const headers = { ...documented, 'x-oss-meta-oss-crypto-key': 'tell-nobody!' };
    expect(() => parseEnvelope(headers)).toThrow(/^(?!.*tell-nobody).*x-oss-meta-oss-crypto-key/s);
  });
});

describe('what is written', () => {
  const base: CounterEnvelope = {
    format: 'oss-crypto',
    wrapAlgorithm: 'rsa-oaep-sha1',
    contentAlgorithm: 'aes-256-ctr',
    wrappedKey: wrapped,
    wrappedStart: wrapped,
    materialDescription: {},
  };

  it('is exactly the documented headers', () => {
    expect(formatEnvelope(base)).toEqual(documented);
    expect(formatEnvelope({ ...base, wrapAlgorithm: 'kms' })).toEqual({
      ...documented,
      'x-oss-meta-oss-wrap-alg': 'kms',
    });
    const md5 = encodeBase64(wrapped.subarray(0, 16));
    expect(
      formatEnvelope({
        ...base,
        materialDescription: { b: '2', a: 'é<' },
        contentSizeBytes: 0,
        contentMd5: md5,
      }),
    ).toEqual({
      ...documented,
      'x-oss-meta-oss-matdesc': '{"a":"\\u00e9<","b":"2"}',
      'x-oss-meta-unencrypted-content-length': '0',
      'x-oss-meta-unencrypted-content-md5': md5,
    });
  });

  it('is exactly the headers of the current format', () => {
    const envelope: CounterEnvelope = {
      ...base,
      format: 'client-side-encryption',
      wrapAlgorithm: 'rsa-pkcs1',
    };
    expect(formatEnvelope(envelope)).toEqual(current);
    expect(
      formatEnvelope({
        ...envelope,
        contentSizeBytes: 5,
        parts: { dataSizeBytes: 5, partSizeBytes: 102400 },
      }),
    ).toEqual({
      ...current,
      'x-oss-meta-client-side-encryption-unencrypted-content-length': '5',
      'x-oss-meta-client-side-encryption-data-size': '5',
      'x-oss-meta-client-side-encryption-part-size': '102400',
    });
  });

  it('leaves out what the format has no header for', () => {
    const parts = { dataSizeBytes: 5, partSizeBytes: 102400 };
    expect(formatEnvelope({ ...base, parts })).toEqual(documented);
  });

  it('refuses a wrap algorithm that the format does not have', () => {
    expect(() => formatEnvelope({ ...base, wrapAlgorithm: 'rsa-pkcs1' })).toThrow(AlgorithmNotSupportedError);
  });

  it('is read back as it was, whatever it holds', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const description = fc.dictionary(fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter }), {
      maxKeys: 4,
    });
    const size = fc.option(fc.nat(), { nil: undefined });
    const md5 = fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64), {
      nil: undefined,
    });
    const algorithm = fc.constantFrom(
      ['oss-crypto', 'rsa-oaep-sha1'] as const,
      ['oss-crypto', 'kms'] as const,
      ['client-side-encryption', 'rsa-oaep-sha1'] as const,
      ['client-side-encryption', 'rsa-pkcs1'] as const,
      ['client-side-encryption', 'kms'] as const,
    );
    fc.assert(
      fc.property(
        algorithm,
        bytes,
        bytes,
        description,
        size,
        md5,
        ([format, wrapAlgorithm], key, start, matdesc, length, digest) => {
          const envelope: CounterEnvelope = {
            format,
            wrapAlgorithm,
            contentAlgorithm: 'aes-256-ctr',
            wrappedKey: key,
            wrappedStart: start,
            materialDescription: matdesc,
            contentSizeBytes: length,
            contentMd5: digest,
            parts: undefined,
          };
          const headers = formatEnvelope(envelope);
          expect(Object.values(headers).every((value) => /^[\x20-\x7e]*$/.test(value))).toBe(true);
          // A description may hold the pair __proto__, which a literal cannot.
          expect(Object.entries(opened(headers).materialDescription).sort()).toEqual(
            Object.entries(matdesc).sort(),
          );
          expect({ ...opened(headers), materialDescription: {} }).toEqual({
            ...envelope,
            materialDescription: {},
          });
        },
      ),
    );
  });

  it('parses any headers to an envelope or to a typed error', () => {
    const name = fc.constantFrom(...Object.keys({ ...documented, ...current }), 'x-oss-meta-oss-matdesc');
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(fc.string(), fc.constantFrom('AAAA', 'rsa', 'AES/CTR/NoPadding', '{}'))),
        (headers) => {
          try {
            parseEnvelope(headers);
          } catch (error) {
            if (!(error instanceof MalformedEnvelopeError || error instanceof AlgorithmNotSupportedError))
              throw error;
          }
        },
      ),
    );
  });
});

describe('a sealed envelope', () => {
  const sealed: SealedEnvelope = {
    format: 'sealed',
    contentAlgorithm: formats.sealed.scheme.algorithm,
    head: new Uint8Array(56).fill(1),
    context: {},
    contextText: undefined,
    bound: 'key',
    recipients: [
      {
        wrapAlgorithm: 'rsa-oaep-sha256',
        wrappedKey: wrapped,
        sealedDataKey: new Uint8Array(60).fill(2),
        materialDescription: { a: 'b' },
      },
    ],
  };
  const state = { kind: 'enveloped', envelope: sealed } as const;

  it('is read as it is written', () => {
    expect(parseEnvelope(formatEnvelope(sealed))).toEqual(state);
  });

  it('records neither size nor MD5', () => {
    expect(recordedSize(state)).toBeUndefined();
    expect(recordedMd5(state)).toBeUndefined();
    expect(withContentSize(sealed, 5)).toEqual(sealed);
  });
});

describe('what an envelope records of its content', () => {
  const envelope = opened(current);
  const recorded = (changes: Partial<CounterEnvelope>) =>
    ({ kind: 'enveloped', envelope: { ...envelope, ...changes } }) as const;

  it('is its size, or that of all parts', () => {
    expect(recordedSize(recorded({}))).toBeUndefined();
    expect(recordedSize(recorded({ contentSizeBytes: 0 }))).toBe(0);
    const parts = { dataSizeBytes: 7, partSizeBytes: 16 };
    expect(recordedSize(recorded({ parts }))).toBe(7);
    expect(recordedSize(recorded({ parts, contentSizeBytes: 5 }))).toBe(5);
    expect(recordedSize({ kind: 'plain' })).toBeUndefined();
    expect(withContentSize(envelope, 5)).toMatchObject({ format: envelope.format, contentSizeBytes: 5 });
  });

  it('is its MD5', () => {
    expect(recordedMd5(recorded({ contentMd5: 'x' }))).toBe('x');
    expect(recordedMd5({ kind: 'plain' })).toBeUndefined();
  });
});

it.each([
  ['x-oss-meta-oss-crypto-key', true],
  ['x-oss-meta-oss-crypto-start', true],
  ['x-oss-meta-oss-cek-alg', true],
  ['x-oss-meta-oss-wrap-alg', true],
  ['x-oss-meta-oss-matdesc', true],
  ['x-oss-meta-oss-crypto-matdesc', true],
  ['x-oss-meta-client-side-encryption-key', true],
  ['x-oss-meta-client-side-encryption-anything', true],
  [formats.sealed.headers.head, true],
  // These alone are no sign of an envelope, but they belong to it.
  ['x-oss-meta-unencrypted-content-length', true],
  ['x-oss-meta-unencrypted-content-md5', true],
  ['x-oss-meta-author', false],
  ['content-type', false],
])('the header %s belongs to an envelope: %s', (name, belongs) => {
  expect(isEnvelopeHeader(name)).toBe(belongs);
});
