import vm from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from './base64url.js';
import { copyBytes, equalBytes, isBytes } from './bytes.js';
import { decodeHex, encodeHex } from './hex.js';
import { percentEncode, percentEncodePath } from './percent-encoding.js';

const foreign = (code: string): unknown => vm.runInContext(code, vm.createContext({}));

describe('hexadecimal', () => {
  it('writes two lower-case digits a byte, and reads either case', () => {
    expect(encodeHex(Uint8Array.of(0, 1, 15, 16, 171, 255))).toBe('00010f10abff');
    expect(decodeHex('00010F10aBff')).toEqual(Uint8Array.of(0, 1, 15, 16, 171, 255));
  });

  it('refuses half a byte and other characters', () => {
    for (const text of ['0', '0g', ' 00', '0x00', '00\n']) expect(decodeHex(text)).toBeUndefined();
  });

  it('gives back what it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeHex(encodeHex(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe('base64url', () => {
  it('agrees with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('refuses padding, the standard alphabet and bits that are left over', () => {
    for (const text of ['AA==', 'a+b/', 'AB', 'A', 'AA\n']) expect(decodeBase64Url(text)).toBeUndefined();
  });
});

describe('percent-encoding', () => {
  it('leaves only the unreserved characters as they are', () => {
    expect(percentEncode("AZaz09-._~!'()*/ +é")).toBe('AZaz09-._~%21%27%28%29%2A%2F%20%2B%C3%A9');
    expect(percentEncodePath('a b/c*d')).toBe('a%20b/c%2Ad');
  });
});

describe('bytes', () => {
  it('are known in another realm, and only Uint8Arrays are', () => {
    expect(isBytes(Buffer.from('a'))).toBe(true);
    expect(isBytes(foreign('new Uint8Array([1])'))).toBe(true);
    for (const value of [
      new Uint8ClampedArray(1),
      new Uint16Array(1),
      new DataView(new ArrayBuffer(1)),
      new ArrayBuffer(1),
      { [Symbol.toStringTag]: 'Uint8Array' },
      [1],
      'a',
      null,
    ]) {
      expect(isBytes(value)).toBe(false);
    }
  });

  it('are copied from every kind of memory', () => {
    const shared = new SharedArrayBuffer(2);
    new Uint8Array(shared).set([1, 2]);
    for (const value of [
      Uint8Array.of(0, 1, 2).subarray(1),
      new Uint8Array(shared),
      shared,
      Uint8Array.of(1, 2).buffer,
      new DataView(Uint8Array.of(0, 1, 2).buffer, 1),
      foreign('new Uint8Array([1, 2])'),
      foreign('new Uint8Array([1, 2]).buffer'),
    ]) {
      const copy = copyBytes(value);
      expect(copy).toEqual(Uint8Array.of(1, 2));
      expect(copy?.buffer).toBeInstanceOf(ArrayBuffer);
    }
    for (const value of [[1, 2], 'AQI', undefined, { [Symbol.toStringTag]: 'ArrayBuffer' }]) {
      expect(copyBytes(value)).toBeUndefined();
    }
  });

  it('are compared in all their length', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(3, 2), Uint8Array.of(1, 2))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});
