import type { EncryptedBucket } from '../client/encrypted-bucket.js';
import { InvalidArgumentError } from '../errors/errors.js';

/**
 * Checks that a bucket is one, of this copy of the package or another.
 *
 * @throws InvalidArgumentError when it is something else, such as a transport, or the key
 */
export function assertBucket(bucket: unknown): asserts bucket is EncryptedBucket {
  if (typeof bucket === 'object' && bucket !== null && 'callOf' in bucket) return;
  throw new InvalidArgumentError(
    'bucket',
    'must be the first argument: an EncryptedBucket, before the key and the path',
  );
}
