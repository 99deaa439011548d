import { describe, expect, it } from 'vitest';
import { KeyUnwrapError, MalformedEnvelopeError } from '../errors/errors.js';
import { findWrapAlgorithm } from './counter-envelope.js';
import { formats } from './formats.js';
import { createStartValue } from './start-value.js';
import { parseStartValue, startToRewrap } from './start-value-reading.js';

const decimal = formats['oss-crypto'];
const current = formats['client-side-encryption'];
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** A source that gives the 32-bit number first. */
const random = (number: number) => (sizeBytes: number) => {
  const bytes = new Uint8Array(sizeBytes).fill(0xff);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

// A6, C7.
describe('a new start value', () => {
  it.each([
    ['rsa-oaep-sha1', 0, '1'],
    ['rsa-oaep-sha1', 9, '10'],
    ['rsa-oaep-sha1', 10, '1'],
    ['kms', 0, '1000'],
    ['kms', 8999, '9999'],
    ['kms', 9000, '1000'],
  ])('under %s, drawn from %i, is %s', (algorithm, number, text) => {
    const start = createStartValue(decimal, findWrapAlgorithm('oss-crypto', algorithm), random(number));
    expect(Buffer.from(start.plaintext).toString()).toBe(text);
    expect(BigInt(`0x${hex(start.counterBlock)}`)).toBe(BigInt(text));
  });

  it.each([
    [0, '1'],
    [9, '10'],
    [10, '1'],
  ])('under an algorithm without a range, drawn from %i, is %s', (number, text) => {
    const asked: number[] = [];
    const start = createStartValue(decimal, { algorithm: 'other', literal: 'other' }, (sizeBytes) => {
      asked.push(sizeBytes);
      return random(number)(sizeBytes);
    });
    expect(Buffer.from(start.plaintext).toString()).toBe(text);
    expect(asked).toEqual([4]);
  });

  it('is drawn from the bytes that the source gave, wherever they are in its memory, and from no others', () => {
    const rsa = findWrapAlgorithm('oss-crypto', 'rsa-oaep-sha1');
    const memory = Uint8Array.from([7, 7, 0, 0, 0, 4, 7, 7]);
    const drawn = (end: number) => createStartValue(decimal, rsa, () => memory.subarray(2, end));
    expect(Buffer.from(drawn(6).plaintext).toString()).toBe('5');
    expect(() => drawn(5)).toThrow(RangeError);
  });

  it('is a counter block whose bytes 8 to 11 are zero', () => {
    const wrap = findWrapAlgorithm('client-side-encryption', 'rsa-pkcs1');
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
    const start = createStartValue(current, wrap, () => bytes);
    expect(hex(start.counterBlock)).toBe('0102030405060708000000000d0e0f10');
    expect(start.plaintext).toEqual(start.counterBlock);
    // The source's own bytes stay as they are.
    expect(bytes[8]).toBe(9);
  });
});

describe('an unwrapped start value', () => {
  it.each([
    ['0', '00'],
    ['1', '01'],
    ['0010', '0a'],
    [' 7\n', '07'],
    ['18446744073709551616', '010000000000000000'],
    ['340282366920938463463374607431768211455', 'ff'.repeat(16)],
  ])('of the digits %j is a counter block', (text, block) => {
    expect(hex(parseStartValue(decimal, ascii(text)))).toBe(block.padStart(32, '0'));
  });

  it.each([
    '',
    ' ',
    'x',
    '-1',
    '+1',
    '1.5',
    '0x10',
    '1 2',
    '１',
    '340282366920938463463374607431768211456',
    '9'.repeat(39),
    '0'.repeat(40),
    `1${' '.repeat(64)}`,
    // What is cut off behind 64 bytes would make it a number.
    `${' '.repeat(63)}1x`,
    `${' '.repeat(60)}7777777`,
  ])('of the text %j is none', (text) => {
    expect(() => parseStartValue(decimal, ascii(text))).toThrow(MalformedEnvelopeError);
    expect(() => parseStartValue(decimal, ascii(text))).toThrow(/2\^128\. It was not written by/);
  });

  it('of 64 bytes is taken', () => {
    expect(hex(parseStartValue(decimal, ascii(`${' '.repeat(63)}9`)))).toBe('09'.padStart(32, '0'));
  });

  it.each([0, 15, 17, 32])('of %i bytes is no counter block', (size) => {
    expect(() => parseStartValue(current, new Uint8Array(size))).toThrow(KeyUnwrapError);
  });

  it('is a counter block of its own', () => {
    const bytes = new Uint8Array(16).fill(7);
    const block = parseStartValue(current, bytes);
    expect(block).toEqual(bytes);
    expect(block).not.toBe(bytes);
  });
});

// A6, S23.
describe('a start value that is wrapped again', () => {
  it.each([
    ['5', '0005'],
    ['10', '0010'],
    ['1234', '1234'],
    ['12345', '00012345'],
    [' 7 ', '0007'],
  ])('for KMS, %j is %s, the same number in base64', (before, after) => {
    const rewrapped = startToRewrap(decimal, findWrapAlgorithm('oss-crypto', 'kms'), ascii(before));
    expect(Buffer.from(rewrapped).toString()).toBe(after);
    expect(parseStartValue(decimal, rewrapped)).toEqual(parseStartValue(decimal, ascii(before)));
  });

  it('that is a counter block is what it was, for KMS too', () => {
    const block = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index);
    expect(startToRewrap(current, findWrapAlgorithm('client-side-encryption', 'kms'), block)).toEqual(block);
  });

  it('for RSA is what it was', () => {
    const rsa = findWrapAlgorithm('oss-crypto', 'rsa-oaep-sha1');
    expect(startToRewrap(decimal, rsa, ascii('5'))).toEqual(ascii('5'));
    expect(() => startToRewrap(decimal, rsa, ascii('five'))).toThrow(MalformedEnvelopeError);
  });
});
