import type { SharedWrappingKeys } from '../envelope/created-key.js';
import { createObjectKey } from '../envelope/created-key.js';
import { formats } from '../envelope/formats.js';
import { assertDistinctRecipients } from '../envelope/wrapping-provider.js';
import type { PutResult } from '../writing/put-result.js';
import type { Content } from '../writing/source.js';
import type { WritingContext } from '../writing/writing-context.js';
import { parseBucketOptions, uploadBucketOptionsSchema } from './bucket-option-checks.js';
import { putObject } from './object-putting.js';
import type { UploadBucketOptions, UploadOptions } from './option-types.js';
import { uploadOptionsSchema } from './put-option-checks.js';

/**
 * A bucket that is only written to: an {@link EncryptedBucket} with `put` and nothing else, for pages that encrypt and
 * upload. A bundle with it holds nothing that reads, unwraps keys or goes on from a checkpoint. Its objects are those of
 * an EncryptedBucket with the same options.
 *
 * @example
 * const bucket = new UploadBucket({ transport, provider, format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 */
export class UploadBucket {
  readonly #writing: WritingContext;

  /** @throws InvalidArgumentError that names the option which is missing or wrong */
  constructor(options: UploadBucketOptions) {
    const checked = parseBucketOptions(options, uploadBucketOptionsSchema);
    const { transport, provider, format, recipients = [] } = checked;
    if (recipients.length > 0) assertDistinctRecipients([provider, ...recipients]);
    const creation = {
      provider,
      recipients,
      format,
      context: checked.context ?? {},
      bound: checked.bound ?? 'key',
      keyReuse: checked.keyReuse ?? {},
      randomBytes: checked.randomBytes,
    };
    const shared: SharedWrappingKeys = {};
    const keys: WritingContext['keys'] = {
      create: (place, record) => createObjectKey(creation, shared, place, record),
    };
    this.#writing = { transport, keys, format, scheme: formats[format].scheme };
  }

  /**
   * Encrypts `content` and stores it as the object `key`: as `put` of an EncryptedBucket, but without a checkpoint, since
   * going on takes a provider that unwraps.
   *
   * @throws as `put` of an EncryptedBucket
   */
  async put(key: string, content: Content, options: UploadOptions = {}): Promise<PutResult> {
    const bucket = this.#writing.transport.bucketName;
    return putObject(this.#writing, key, content, {
      options,
      checks: uploadOptionsSchema,
      call: { operation: 'put', key, bucket, signal: options?.signal },
    });
  }
}
