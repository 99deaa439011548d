import { EncryptedBucket, type FormatName, type KeyProvider } from '@oss-envelope/core';
import { presignedTransport } from '@oss-envelope/transport-fetch';
import type { PageKey } from './keys/page-key.js';
import { sign } from './signing.js';

const transport = presignedTransport({ sign });
const allFormats: readonly FormatName[] = ['sealed', 'oss-crypto', 'client-side-encryption'];

/** A bucket that lists and opens nothing needs no key. */
const nobody: KeyProvider = {
  materialDescription: {},
  wraps: {},
  unwraps: [],
  wrapKey: () => Promise.reject(new Error('There is no key.')),
  unwrapKey: () => Promise.reject(new Error('There is no key.')),
};

/** For the list of what is stored, whoever can open it. */
export const listingBucket = new EncryptedBucket({
  transport,
  provider: nobody,
  format: 'sealed',
  reads: allFormats,
});

/** One bucket for each key and use: it wraps many files' keys under one, so a passkey asks once, not for each file. */
const buckets = new WeakMap<PageKey, Map<string, EncryptedBucket>>();

function bucketOf(key: PageKey, format: FormatName, reads: readonly FormatName[]): EncryptedBucket {
  const ofKey = buckets.get(key) ?? new Map<string, EncryptedBucket>();
  buckets.set(key, ofKey);
  const name = [format, ...reads].join();
  const bucket = ofKey.get(name) ?? new EncryptedBucket({ transport, provider: key.provider, format, reads });
  ofKey.set(name, bucket);
  return bucket;
}

export const writingBucket = (key: PageKey, format: FormatName): EncryptedBucket =>
  bucketOf(key, format, [format]);

/**
 * What opens files. Anyone who can write to the bucket can put a file without authentication in the place of a sealed
 * one, so such a file opens only for a user who wants that.
 */
export const readingBucket = (key: PageKey, opensUnprotected: boolean): EncryptedBucket =>
  bucketOf(key, 'sealed', opensUnprotected ? allFormats : ['sealed']);
