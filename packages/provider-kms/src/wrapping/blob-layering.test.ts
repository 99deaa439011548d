import { encodeBase64 } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blobCandidates, layerBlob } from './blob-layering.js';

const format = 'client-side-encryption' as const;
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A blob in the shape of the shared KMS. */
const sharedBlob = (inner: Uint8Array): string =>
  encodeBase64(ascii(`5b819435-90e1-45fe-a775-43078c83d0c5${encodeBase64(inner)}`));

describe('both layerings of the shared KMS’s blobs are told apart, without a doubt', () => {
  test('for any content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 49, maxLength: 200 }), (inner) => {
        const blob = sharedBlob(inner);
        for (const layering of ['standard', 'oss2'] as const) {
          expect(blobCandidates(format, layerBlob(blob, layering)!)).toEqual([blob]);
        }
      }),
    );
  });
});

describe('blobs of another shape', () => {
  test('bytes: the header itself, and nothing else', () => {
    expect(blobCandidates(format, Uint8Array.of(0, 255, 1))).toEqual([
      encodeBase64(Uint8Array.of(0, 255, 1)),
    ]);
  });
  test('base64 of base64: the inner text first', () => {
    const blob = encodeBase64(Uint8Array.of(1, 2, 3, 200));
    expect(blobCandidates(format, layerBlob(blob, 'oss2')!)).toEqual([blob, encodeBase64(ascii(blob))]);
  });
  test('other text: the header first', () => {
    expect(blobCandidates(format, ascii('a_b-c'))).toEqual([encodeBase64(ascii('a_b-c')), 'a_b-c']);
  });
  test('text that only resembles a blob of the shared KMS: the header first', () => {
    const uuid = '5b819435-90e1-45fe-a775-43078c83d0c5';
    for (const text of [`0${uuid}AAAA`, `${uuid}AAAA.`, `${uuid.slice(0, -6)}+AAAA`]) {
      expect(blobCandidates(format, ascii(text)), text).toEqual([encodeBase64(ascii(text)), text]);
    }
  });
  test('text with spaces or line ends is no blob', () => {
    expect(blobCandidates(format, ascii('a b\n'))).toEqual([encodeBase64(ascii('a b\n'))]);
  });
  test('the header’s reading is always among them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        expect(blobCandidates(format, bytes)).toContain(encodeBase64(bytes));
      }),
    );
  });
});

test('the documented format has one reading', () => {
  for (const bytes of [ascii('abcd'), ascii('a_b-c'), Uint8Array.of(0)]) {
    expect(blobCandidates('oss-crypto', bytes)).toEqual([encodeBase64(bytes)]);
  }
});

test('a blob that is not base64 has no standard layering', () => {
  expect(layerBlob('not base64!', 'standard')).toBeUndefined();
  expect(layerBlob('not base64!', 'oss2')).toEqual(ascii('not base64!'));
});

describe('bytes that are longer than any blob', () => {
  const format = 'client-side-encryption' as const;
  test('have one reading, without a look at all of them', () => {
    const longest = new Uint8Array(0x2000).fill(0x41);
    expect(blobCandidates(format, longest)).toHaveLength(2);
    const longer = new Uint8Array(0x2004).fill(0x41);
    expect(blobCandidates(format, longer)).toEqual([encodeBase64(longer)]);
  });
  test('of characters that no text has, too', () => {
    const binary = Uint8Array.of(0x41, 0x42, 0x20, 0x43);
    expect(blobCandidates(format, binary)).toEqual([encodeBase64(binary)]);
    const blob = new TextEncoder().encode('11111111-2222-4333-8444-555555555555AAAA');
    expect(blobCandidates(format, blob)).toEqual([encodeBase64(blob)]);
  });
});
