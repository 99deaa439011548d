import { encodeBase64, encodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { derTag, formatDer } from './der.js';
import { privateHalf, publicHalf } from './key-half.js';
import { readKeyBytes, readKeyText } from './key-text.js';

const { sequence, integer, octetString, bitString } = derTag;
const utf8 = (text: string) => new TextEncoder().encode(text);
const value = (tag: number) => formatDer(tag, Uint8Array.of(1));
const derOf = (...tags: readonly number[]) => formatDer(sequence, ...tags.map(value));
const spki = derOf(sequence, bitString);
const pem = (label: string, base64 = 'AQID') => `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----`;
const block = (label: string, bytes = Uint8Array.of(1, 2, 3)) => ({
  kind: 'pem',
  block: { label, headers: new Map(), bytes },
});
const jwk = { kty: 'RSA', n: 'CQ' };
const read = (text: string) => readKeyText(text, publicHalf);
const readBytes = (bytes: Uint8Array<ArrayBuffer>) => readKeyBytes(bytes, publicHalf);
const refused = (make: () => unknown, message: RegExp) =>
  expect(make).toThrow(
    expect.objectContaining({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(message) }),
  );

describe('a text', () => {
  it.each([
    ['PEM', pem('PUBLIC KEY')],
    ['in quotes', `"${pem('PUBLIC KEY')}"`],
    ['in other quotes', `'${pem('PUBLIC KEY')}'`],
    ['in quotes, with spaces', ` " ${pem('PUBLIC KEY')} " `],
    ['with a byte order mark', `\uFEFF${pem('PUBLIC KEY')}`],
  ])('of PEM: %s', (_name, text) => {
    expect(read(text)).toEqual(block('PUBLIC KEY'));
  });

  it.each([
    ['a JSON Web Key', JSON.stringify(jwk)],
    ['after spaces', ` \n${JSON.stringify(jwk)}`],
    ['in quotes with spaces', `' ${JSON.stringify(jwk)} '`],
    ['in backquotes', `\`${JSON.stringify(jwk)}\``],
    ['after a byte order mark', `\uFEFF${JSON.stringify(jwk)}`],
    ['as base64', encodeBase64(utf8(JSON.stringify(jwk)))],
    ['as base64, after spaces', encodeBase64(utf8(` ${JSON.stringify(jwk)}`))],
    ['as base64, in quotes with spaces', `" ${encodeBase64(utf8(JSON.stringify(jwk)))} "`],
  ])('of JSON: %s', (_name, text) => {
    expect(read(text)).toEqual({ kind: 'jwk', jwk });
  });

  const key = derOf(sequence, bitString);
  // In base64 it has ++++ and ////, and == at its end.
  const content = Uint8Array.of(1, 1, 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 1);
  const odd = formatDer(sequence, formatDer(sequence, content), value(bitString));
  it.each([
    ['base64', encodeBase64(key), key],
    ['in lines', encodeBase64(key).replace(/.{4}/g, '$&\n'), key],
    ['in lines that are written', encodeBase64(key).replace(/.{4}/g, '$&\\r\\n'), key],
    ['of both alphabets', encodeBase64(odd), odd],
    ['base64url', encodeBase64Url(odd), odd],
    ['without its padding', encodeBase64(odd).replace(/=+$/, ''), odd],
  ])('of DER: %s', (_name, text, bytes) => {
    expect(read(text)).toEqual(block('PUBLIC KEY', Uint8Array.from(bytes)));
  });

  it.each([
    ['', /is an empty text/],
    [' "" ', /is an empty text/],
    ['BEGIN RSA PUBLIC KEY', /BEGIN line is damaged/],
    ['--BEGIN KEY--', /BEGIN line is damaged/],
    ['BEGIN of a KEY', /text but not PEM/],
    [encodeBase64(key.subarray(0, -1)), /base64 of a key that is damaged/],
    [encodeBase64(Uint8Array.of(0x31, 1, 2)), /text but not PEM/],
    ['{', /looks like JSON and is not/],
    ['[', /looks like JSON and is not/],
    ['[]', /JSON but no JSON Web Key/],
    ['{"n":"CQ"}', /JSON but no JSON Web Key/],
    ['/etc/public.pem', /text but not PEM/],
    ['keys/public===', /text but not PEM/],
    ['key {"kty":"RSA"}', /text but not PEM/],
    [encodeBase64(key).replace(/^(.{4})(.*)$/, '$1"$2"'), /text but not PEM/],
    [encodeBase64(key).replace(/^(.*)(.{4})$/, '"$1"$2'), /text but not PEM/],
    [pem('PUBLIC KEY', 'AQI'), /does not parse: its base64/],
    [encodeBase64(utf8('{')), /looks like JSON and is not/],
    [encodeBase64(utf8(`a: ${pem('PUBLIC KEY', 'A')}`)), /does not parse: its base64/],
  ])('that is none is told: %j', (text, message) => {
    refused(() => read(text), message);
  });
});

describe('several blocks', () => {
  const all = (...texts: string[]) => texts.join('\n');

  it('of which one is of this half', () => {
    const text = all(pem('PRIVATE KEY', 'BAUG'), pem('PUBLIC KEY'), pem('CERTIFICATE', 'BAUG'));
    expect(read(text)).toEqual(block('PUBLIC KEY'));
    expect(readKeyText(text, privateHalf)).toEqual(block('PRIVATE KEY', Uint8Array.of(4, 5, 6)));
  });

  it.each([
    ['PUBLIC KEY', publicHalf],
    ['RSA PUBLIC KEY', publicHalf],
    ['PRIVATE KEY', privateHalf],
    ['RSA PRIVATE KEY', privateHalf],
    ['ENCRYPTED PRIVATE KEY', privateHalf],
  ])('of which the second is %s, of this half', (label, half) => {
    expect(readKeyText(all(pem('X', 'BAUG'), pem(label)), half)).toEqual(block(label));
  });

  it('of which none is: the first is told', () => {
    expect(read(all(pem('X'), pem('Y', 'BAUG')))).toEqual(block('X'));
  });

  it('that hold one key, or several', () => {
    expect(read(all(pem('PUBLIC KEY'), pem('PUBLIC KEY'), pem('RSA PUBLIC KEY')))).toEqual(
      block('PUBLIC KEY'),
    );
    refused(() => read(all(pem('PUBLIC KEY'), pem('PUBLIC KEY', 'AQIE'))), /holds several keys/);
    refused(
      () => read(all(pem('PUBLIC KEY'), pem('PUBLIC KEY'), pem('PUBLIC KEY', 'AQIE'))),
      /holds several keys/,
    );
  });
});

describe('bytes', () => {
  it.each([
    ['PUBLIC KEY', [sequence, bitString]],
    ['RSA PUBLIC KEY', [integer, integer]],
    ['RSA PUBLIC KEY', [integer, integer, integer]],
    ['RSA PRIVATE KEY', Array<number>(9).fill(integer)],
    ['PRIVATE KEY', [integer, sequence, octetString]],
    ['PRIVATE KEY', [integer, sequence, octetString, 0xa0]],
    ['ENCRYPTED PRIVATE KEY', [sequence, octetString]],
    ['CERTIFICATE', [sequence, sequence, bitString]],
    ['EC PRIVATE KEY', [integer, octetString, 0xa0]],
  ])('of DER are a %s: %j', (label, tags) => {
    expect(readBytes(derOf(...tags))).toEqual(block(label, derOf(...tags)));
  });

  it('of a text are that text, in UTF-8 or UTF-16', () => {
    expect(readBytes(utf8(pem('PUBLIC KEY')))).toEqual(block('PUBLIC KEY'));
    const text = `\uFEFF${pem('PUBLIC KEY')}`;
    const utf16 = new Uint8Array(Uint16Array.from(text, (unit) => unit.charCodeAt(0)).buffer);
    expect(readBytes(utf16)).toEqual(block('PUBLIC KEY'));
    for (const before of [
      [0xff, 0x20],
      [0x20, 0xfe],
    ]) {
      expect(readBytes(Uint8Array.of(...before, ...utf8(pem('PUBLIC KEY'))))).toEqual(block('PUBLIC KEY'));
    }
  });

  it('of base64 that begins with a zero', () => {
    // A zero is 30 in ASCII, as a sequence is in DER.
    refused(() => readBytes(utf8('0123')), /text but not PEM/);
    refused(() => readBytes(utf8(' 0123 ')), /text but not PEM/);
    expect(readBytes(utf8(`0 ${pem('PUBLIC KEY')}`))).toEqual(block('PUBLIC KEY'));
    refused(() => readBytes(utf8('0123\n')), /text but not PEM/);
  });

  it('of DER that is damaged', () => {
    refused(() => readBytes(spki.subarray(0, -1)), /is DER that is damaged/);
    refused(() => readBytes(derOf(octetString)), /is DER that is damaged/);
    refused(() => readBytes(Uint8Array.of(0x31, 0)), /text but not PEM/);
    refused(() => readBytes(Uint8Array.of(0xff, 0x30)), /text but not PEM/);
    refused(() => readBytes(Uint8Array.of(0x30, 0xfe)), /is DER that is damaged/);
    refused(() => readBytes(new Uint8Array(0)), /is an empty text/);
  });
});
