import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../encoding/base64.js';
import { AlgorithmNotSupportedError, MalformedEnvelopeError } from '../errors/errors.js';
import type { CounterEnvelope } from './counter-envelope.js';
import { type Envelope, formatEnvelope, keysOf, withWrappedKeys } from './envelope.js';
import { envelopeHeaderNames } from './envelope-header-names.js';
import { parseEnvelope } from './envelope-reading.js';
import { formats } from './formats.js';
import type { SealedEnvelope } from './sealed-envelope.js';

// What is stored, letter by letter: names and literals are those of the format, not of the code.
const head = new Uint8Array(56).fill(1);
const wrapped = new Uint8Array([1, 2, 3]);
const box = new Uint8Array(60).fill(2);
const recipient = (members: object = {}): string =>
  JSON.stringify({ wrap: 'age', kek: encodeBase64(wrapped), dek: encodeBase64(box), ...members });
const headers = {
  'x-oss-meta-oss-envelope-format': 'sealed/1',
  'x-oss-meta-oss-envelope-head': encodeBase64(head),
  'x-oss-meta-oss-envelope-context': '{"tenant":"7"}',
  'x-oss-meta-oss-envelope-bound': 'key',
  'x-oss-meta-oss-envelope-key-1': recipient({ desc: { region: 'a' } }),
  'x-oss-meta-oss-envelope-key-2': recipient(),
};
const envelope: SealedEnvelope = {
  format: 'sealed',
  contentAlgorithm: 'cobblestone-256',
  head,
  context: { tenant: '7' },
  contextText: '{"tenant":"7"}',
  bound: 'key',
  recipients: [
    {
      wrapAlgorithm: 'age',
      wrappedKey: wrapped,
      sealedDataKey: box,
      materialDescription: { region: 'a' },
    },
    { wrapAlgorithm: 'age', wrappedKey: wrapped, sealedDataKey: box, materialDescription: {} },
  ],
};
const name = (suffix: string): string => `x-oss-meta-oss-envelope-${suffix}`;
const parse = (changes: Record<string, string | undefined>) => () =>
  parseEnvelope(
    Object.fromEntries(
      Object.entries({ ...headers, ...changes }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    ),
  );

describe('the headers of a sealed object', () => {
  it('are written and read to the letter', () => {
    expect(formatEnvelope(envelope)).toEqual(headers);
    expect(parseEnvelope(headers)).toEqual({ kind: 'enveloped', envelope });
    const { 'x-oss-meta-oss-envelope-context': _, ...without } = headers;
    const bare = { ...envelope, context: {}, contextText: undefined };
    expect(formatEnvelope(bare)).toEqual(without);
    expect(parseEnvelope(without)).toEqual({ kind: 'enveloped', envelope: bare });
    expect(parse({ [name('bound')]: 'none' })()).toMatchObject({ envelope: { bound: 'none' } });
  });

  it('are of nine recipients at most', () => {
    const nine = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [name(`key-${index + 1}`), recipient()]),
    );
    expect((parse(nine)() as { envelope: SealedEnvelope }).envelope.recipients).toHaveLength(9);
    expect(parse({ ...nine, [name('key-10')]: recipient() })).toThrow(MalformedEnvelopeError);
  });

  it('of another version are not known', () => {
    expect(parse({ [name('format')]: 'sealed/2' })).toThrow(AlgorithmNotSupportedError);
  });

  it.each<[string, string | undefined]>([
    ['format', undefined],
    ['head', undefined],
    ['bound', undefined],
    ['key-1', undefined],
    ['bound', 'KEY'],
    ['bound', ''],
    ['head', encodeBase64(head.subarray(1))],
    ['head', encodeBase64(new Uint8Array(57))],
    ['head', ''],
    ['context', ''],
    ['context', '{"tenant":7}'],
    ['context', '{"a":"b","tenant":null}'],
    ['context', '["a"]'],
    ['context', '"text"'],
    ['context', 'null'],
    ['context', '{"tenant":"é"}'],
    ['context', '{"tenant":"7"}\n'],
    ['context', '\t{"tenant":"7"}'],
    ['context', '{'],
    ['key-2', '{'],
    ['key-2', 'null'],
    ['key-2', '[]'],
    ['key-2', '"text"'],
    ['key-2', recipient({ more: 1 })],
    ['key-2', recipient({ wrap: '' })],
    ['key-2', recipient({ wrap: 'two words' })],
    ['key-2', recipient({ wrap: 'age ' })],
    ['key-2', recipient({ wrap: ' age' })],
    ['key-2', recipient({ wrap: 'x'.repeat(65) })],
    ['key-2', recipient({ wrap: 5 })],
    ['key-2', recipient({ wrap: ['age'] })],
    ['key-2', recipient({ kek: undefined })],
    ['key-2', recipient({ kek: '' })],
    ['key-2', recipient({ kek: 5 })],
    ['key-2', recipient({ dek: undefined })],
    ['key-2', recipient({ dek: 5 })],
    ['key-2', recipient({ dek: encodeBase64(box.subarray(1)) })],
    ['key-2', recipient({ dek: encodeBase64(new Uint8Array(61)) })],
    ['key-2', recipient({ desc: [] })],
    ['key-2', recipient({ desc: null })],
    ['key-2', recipient({ desc: { a: 1 } })],
    ['key-4', recipient()],
    ['other', 'x'],
  ])('are refused with %s as %s', (suffix, value) => {
    expect(parse({ [name(suffix)]: value })).toThrow(MalformedEnvelopeError);
    expect(parse({ [name(suffix)]: value })).toThrow(name(suffix));
  });

  it('are refused for what is no JSON, in those words', () => {
    expect(parse({ [name('context')]: '{' })).toThrow('envelope-context is not JSON. The object');
    expect(parse({ [name('key-2')]: '{' })).toThrow('envelope-key-2 is not JSON. The object');
    expect(parse({ [name('key-2')]: '[]' })).toThrow('envelope-key-2 is not a recipient. The object');
  });

  it('are refused for base64 of another length, which the message names', () => {
    expect(parse({ [name('head')]: encodeBase64(new Uint8Array(57)) })).toThrow(
      'envelope-head is not the base64 of 56 bytes. The object',
    );
    expect(parse({ [name('key-2')]: recipient({ dek: '' }) })).toThrow(
      'envelope-key-2 is not the base64 of 60 bytes. The object',
    );
  });

  it('may name a wrap algorithm that nobody here knows', () => {
    for (const wrap of ['x', '~'.repeat(64), '!']) {
      const state = parse({ [name('key-2')]: recipient({ wrap }) })() as { envelope: SealedEnvelope };
      expect(state.envelope.recipients[1]?.wrapAlgorithm).toBe(wrap);
    }
  });
});

describe('other wrapped keys', () => {
  const object = { 'content-type': 'text/plain', 'x-oss-meta-author': 'me' };

  it('take the place of those of a sealed object, and all else stays', () => {
    const one = { ...envelope, bound: 'none' as const, recipients: envelope.recipients.slice(1) };
    const { 'x-oss-meta-oss-envelope-key-2': second, ...rest } = headers;
    expect(withWrappedKeys({ ...object, ...headers }, one)).toEqual({
      ...object,
      ...rest,
      'x-oss-meta-oss-envelope-key-1': second,
    });
  });

  it("take the place of those of 'oss-crypto', whose description may be spelt in two ways", () => {
    const counter: CounterEnvelope = {
      format: 'oss-crypto',
      wrapAlgorithm: 'kms',
      contentAlgorithm: 'aes-256-ctr',
      wrappedKey: wrapped,
      wrappedStart: wrapped,
      materialDescription: { name: 'new' },
      contentSizeBytes: 7,
    };
    const before = {
      ...object,
      'x-oss-meta-oss-crypto-key': 'old',
      'x-oss-meta-oss-crypto-start': 'old',
      'x-oss-meta-oss-cek-alg': 'as it was',
      'x-oss-meta-oss-wrap-alg': 'rsa',
      'x-oss-meta-oss-matdesc': 'old',
      'x-oss-meta-oss-crypto-matdesc': 'old',
      'x-oss-meta-unencrypted-content-length': '5',
    };
    expect(withWrappedKeys(before, counter)).toEqual({
      ...object,
      'x-oss-meta-oss-crypto-key': 'AQID',
      'x-oss-meta-oss-crypto-start': 'AQID',
      'x-oss-meta-oss-cek-alg': 'as it was',
      'x-oss-meta-oss-wrap-alg': 'kms',
      'x-oss-meta-oss-matdesc': '{"name":"new"}',
      'x-oss-meta-unencrypted-content-length': '5',
    });
  });

  it('are told with their descriptions', () => {
    expect(keysOf(envelope)).toEqual([
      { wrapAlgorithm: 'age', materialDescription: { region: 'a' } },
      { wrapAlgorithm: 'age', materialDescription: {} },
    ]);
    const counter = { format: 'oss-crypto', wrapAlgorithm: 'kms', materialDescription: {} } as Envelope;
    expect(keysOf(counter)).toEqual([{ wrapAlgorithm: 'kms', materialDescription: {} }]);
  });
});

it('the headers of all formats, by name', () => {
  const current = 'x-oss-meta-client-side-encryption-';
  const suffixes = ['key', 'start', 'cek-alg', 'wrap-alg', 'matdesc', 'data-size', 'part-size'];
  const recorded = ['unencrypted-content-length', 'unencrypted-content-md5'];
  expect([...envelopeHeaderNames()].sort()).toEqual(
    [
      'x-oss-meta-oss-crypto-key',
      'x-oss-meta-oss-crypto-start',
      'x-oss-meta-oss-cek-alg',
      'x-oss-meta-oss-wrap-alg',
      'x-oss-meta-oss-matdesc',
      'x-oss-meta-oss-crypto-matdesc',
      ...recorded.map((suffix) => `x-oss-meta-${suffix}`),
      ...[...suffixes, ...recorded].map((suffix) => current + suffix),
      ...['format', 'head', 'context', 'bound'].map(name),
      ...Array.from({ length: 9 }, (_, index) => name(`key-${index + 1}`)),
    ].sort(),
  );
});

it('what the formats say of an upload, and of the header that no two objects share', () => {
  const said = Object.values(formats).map((row) => [row.name, row.announcesLength, row.keyHeader]);
  expect(said).toEqual([
    ['oss-crypto', false, 'x-oss-meta-oss-crypto-key'],
    ['client-side-encryption', true, 'x-oss-meta-client-side-encryption-key'],
    ['sealed', false, 'x-oss-meta-oss-envelope-head'],
  ]);
});

describe('the refusal names', () => {
  it.each<[string, (name: string) => Record<string, string>]>([
    ['that no format has', (name) => ({ ...headers, [name]: 'x' })],
    ['that is there twice', (name) => ({ [name]: 'x', [name.toUpperCase()]: 'x' })],
  ])('a header %s, by the start of its name when that is long', (_, headersWith) => {
    const refusalOf = (name: string): string => {
      try {
        parseEnvelope(headersWith(name));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedEnvelopeError);
        return (error as Error).message;
      }
      throw new Error('It is not refused.');
    };
    const start = 'x-oss-meta-oss-envelope-';
    const whole = start.padEnd(100, 'a');
    expect(refusalOf(whole)).toContain(`${whole} `);
    const long = refusalOf(start.padEnd(8000, 'a'));
    expect(long).toContain(`${whole}… `);
    expect(long.length).toBeLessThan(400);
  });
});
