import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, SecretBytes } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateAesSecret, parseAesSecret } from './aes-secret.js';

const bytes = Buffer.from('fbff00112233445566778899aabbccddeeff0123456789abcdef00ffee0d1e2f', 'hex');
const base64 = bytes.toString('base64');
const base64url = bytes.toString('base64url');

describe('a secret', () => {
  it.each<[string, unknown]>([
    ['bytes', new Uint8Array(bytes)],
    ['a Buffer', bytes],
    ['an ArrayBuffer', new Uint8Array(bytes).buffer],
    ['a view into a larger buffer', new Uint8Array([...bytes, 1, 2]).subarray(0, 32)],
    ['SecretBytes', new SecretBytes(bytes)],
    ['base64', base64],
    ['base64 without padding', base64.replace('=', '')],
    ['base64url', base64url],
    ['base64url with padding', `${base64url}=`],
    ['hex', bytes.toString('hex')],
    ['hex in capitals', bytes.toString('hex').toUpperCase()],
    ['text with a line end, as files have', `${base64}\r\n`],
    ['text with blanks around it', `  ${bytes.toString('hex')} \n`],
    ['the bytes of a text file', Buffer.from(`${base64}\n`)],
    ['the bytes of a text file in hex', Buffer.from(bytes.toString('hex'))],
    ['the bytes of a text file with 16 blanks', Buffer.from(bytes.toString('hex').padEnd(80))],
  ])('as %s', (_, secret) => {
    expect(Buffer.from(parseAesSecret(secret).bytes).equals(bytes)).toBe(true);
  });

  it('of any bytes comes back from each of its texts', () => {
    const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((all) => new Set(all).size > 1);
    const forms = fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const);
    fc.assert(
      fc.property(secrets, forms, (secret, form) => {
        expect(parseAesSecret(Buffer.from(secret).toString(form)).bytes).toEqual(secret);
      }),
    );
  });

  it('of 32 bytes is never taken for a text, even if it is one', () => {
    const letters = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef');
    expect(parseAesSecret(letters).bytes).toEqual(new Uint8Array(letters));
  });

  it('is a copy: what its owner does with the bytes later changes nothing', () => {
    const own = Uint8Array.from(bytes);
    const secret = parseAesSecret(own);
    own.fill(0);
    expect(Buffer.from(secret.bytes).equals(bytes)).toBe(true);
  });

  const password = 'correct horse battery staple';
  it.each<[string, unknown, RegExp]>([
    ['undefined, as a variable that is not set', undefined, /^secret must be given.*variable is not set/],
    ['null', null, /^secret must be 32 bytes/],
    ['a number', 32, /^secret must be 32 bytes/],
    ['an empty text', '', /^secret must be 32 bytes, or their text/],
    ['white space', ' \n ', /^secret must be 32 bytes, or their text/],
    ['a password', password, /^secret must be 32 bytes.*a password is no such thing/],
    ['a password of 32 characters', `${'p'.repeat(31)}q`, /^secret must be 32 bytes, and is 24/],
    ['16 bytes', bytes.subarray(0, 16), /^secret must be 32 bytes, and is 16/],
    ['31 bytes', bytes.subarray(0, 31), /is 31/],
    ['33 bytes', Buffer.concat([bytes, Buffer.of(1)]), /is 33/],
    ['no bytes', new Uint8Array(), /is 0/],
    ['16 bytes in base64', bytes.subarray(0, 16).toString('base64'), /is 16/],
    ['hex without its last digit', bytes.toString('hex').slice(1), /^secret must be 32 bytes/],
    ['hex with a letter that is none', `${bytes.toString('hex').slice(1)}g`, /^secret must be 32 bytes/],
    ['base64 with another last character', `${base64.slice(0, 42)}B=`, /^secret must be 32 bytes/],
    [
      'base64 with white space in it',
      `${base64.slice(0, 20)} ${base64.slice(20)}`,
      /^secret must be 32 bytes/,
    ],
    ['base64 with padding within', `${base64url.slice(0, 20)}=${base64url.slice(20)}`, /or their text/],
    ['the bytes of a text file with 17 blanks', Buffer.from(bytes.toString('hex').padEnd(81)), /is 81/],
    ['zeros', new Uint8Array(32), /^secret must be random/],
    ['one byte over and over, in hex', 'ab'.repeat(32), /^secret must be random/],
    ['a long text', 'x'.repeat(100_000), /^secret must be 32 bytes/],
    ['long bytes', randomBytes(100_000), /is 100000/],
    ['an object', { secret: base64 }, /^secret must be 32 bytes/],
  ])('refuses %s', (_, secret, message) => {
    const parse = (): unknown => parseAesSecret(secret);
    expect(parse).toThrow(InvalidArgumentError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ argument: 'secret' }));
  });

  it('is in no message', () => {
    for (const text of [password, base64.slice(2), bytes.toString('hex').slice(3), `${base64}${base64}`]) {
      try {
        parseAesSecret(text);
        expect.fail('it was taken');
      } catch (error) {
        expect(`${error} ${JSON.stringify(error)}`).not.toContain(text.slice(0, 12));
      }
    }
  });

  it('is made fresh', () => {
    const made = [generateAesSecret(), generateAesSecret()];
    expect(new Set(made).size).toBe(2);
    for (const secret of made) expect(parseAesSecret(secret).bytes).toHaveLength(32);
  });
});
