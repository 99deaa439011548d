import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../errors/errors.js';
import { formatUserMetadata } from './metadata-headers.js';
import { parseUserMetadata } from './user-metadata.js';

const format = (metadata: object) => () => formatUserMetadata(metadata as Record<string, string>);

describe('the pairs of a caller', () => {
  it('are headers, with names in lower case', () => {
    expect(formatUserMetadata({ Author: 'me', 'a-1': '', note: 'a  b~!' })).toEqual({
      'x-oss-meta-author': 'me',
      'x-oss-meta-a-1': '',
      'x-oss-meta-note': 'a  b~!',
    });
  });

  it.each([
    ['', 'x'],
    ['a b', 'x'],
    ['a_b', 'x'],
    ['é', 'x'],
    ['a\n', 'x'],
    [' a', 'x'],
    ['a', 'é'],
    ['a', 'x\n'],
    ['a', '\u007f'],
    ['a', '\u001f'],
    ['a', ' x'],
    ['a', 'x '],
    ['a', 'a\nb'],
    ['Client-Side-Encryption-Key', 'x'],
    ['oss-crypto-key', 'x'],
    ['oss-envelope-head', 'x'],
    ['unencrypted-content-length', 'x'],
  ])('are refused as %j: %j', (name, value) => {
    expect(format({ [name]: value })).toThrow(InvalidArgumentError);
    expect(format({ [name]: value })).toThrow(
      expect.objectContaining({ argument: `metadata[${JSON.stringify(name)}]` }),
    );
  });

  it('are refused when two differ in their case alone', () => {
    expect(format({ a: '1', A: '2' })).toThrow(expect.objectContaining({ argument: 'metadata["A"]' }));
  });

  it('are found among the headers of an object, without those of the envelope', () => {
    const headers = {
      'x-oss-meta-author': 'me',
      'x-oss-meta-__proto__': 'a pair',
      'x-oss-meta-oss-crypto-key': 'k',
      'content-type': 'text/plain',
      etag: 'x',
    };
    const found = parseUserMetadata(headers);
    expect(Object.entries(found)).toEqual([
      ['author', 'me'],
      ['__proto__', 'a pair'],
    ]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });
});
