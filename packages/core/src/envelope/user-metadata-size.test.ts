import { expect, it } from 'vitest';
import { assertMetadataSize } from './user-metadata.js';

/** Headers whose metadata come to so many bytes, names and values. */
const headersOf = (sizeBytes: number): Record<string, string> => ({
  'content-type': 'text/plain',
  'x-oss-meta-a': 'x'.repeat(sizeBytes - 'x-oss-meta-a'.length),
});

it('metadata of less than 8 KB pass, as OSS takes them', () => {
  expect(() => assertMetadataSize(headersOf(8191))).not.toThrow();
});

it('metadata of 8 KB are refused, as OSS refuses them', () => {
  expect(() => assertMetadataSize(headersOf(8192))).toThrow('less than 8192 bytes');
  expect(() => assertMetadataSize(headersOf(8192))).toThrow(
    expect.objectContaining({ argument: 'metadata' }),
  );
});
