import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type FormatName,
  InvalidArgumentError,
  type ObjectTransport,
} from '@oss-envelope/core';
import type { Job, NamedKey } from '../contract/job.js';
import { keyName } from '../contract/tally.js';

/** What a task works with. */
export interface JobTools {
  /** Reads every format with the old keys and the new ones, and writes the job's format with the new ones. */
  readonly bucket: EncryptedBucket;
  /** The same over another transport. */
  readonly bucketOver: (transport: ObjectTransport) => EncryptedBucket;
  readonly transport: ObjectTransport;
  /** The keys that an object of a format has when it is as the job wants it. */
  readonly wantedKeys: (format: FormatName) => readonly NamedKey[];
}

/** Where a process has its bucket and its keys from: its own environment, never the job. */
export type JobBucketOptions = Pick<
  EncryptedBucketOptions,
  'context' | 'lenient' | 'onUnknownDescription' | 'otherProviders' | 'provider' | 'recipients' | 'transport'
>;

const allFormats: readonly FormatName[] = ['sealed', 'oss-crypto', 'client-side-encryption'];

/**
 * Makes the tools of a job.
 *
 * @throws InvalidArgumentError when the bucket or the keys are not those of the job
 */
export function jobTools(
  job: Pick<Job, 'bucketName' | 'format' | 'targetKeys' | 'task'>,
  options: JobBucketOptions,
): JobTools {
  const { transport, provider, recipients = [] } = options;
  if (transport.bucketName !== undefined && transport.bucketName !== job.bucketName) {
    throw new InvalidArgumentError(
      'options.transport',
      `is of the bucket ${transport.bucketName}, and the job of ${job.bucketName}. Use the right transport, or another job`,
    );
  }
  const wantedKeys = (format: FormatName): readonly NamedKey[] => targetKeys({ ...options, format });
  const [has, wants] = [wantedKeys(job.format), job.targetKeys].map((keys) => keys.map(keyName).join(', '));
  if (job.task !== 'report' && job.task !== 'verify' && has !== wants) {
    throw new InvalidArgumentError(
      'options.provider',
      `and recipients are ${has || 'none'}, and the job gives objects ${wants || 'none'}. Give this process the job's keys`,
    );
  }
  const bucketOver = (over: ObjectTransport): EncryptedBucket =>
    new EncryptedBucket({
      transport: over,
      provider,
      ...(job.format === 'sealed' && recipients.length > 0 && { recipients }),
      otherProviders: options.otherProviders,
      ...(options.context !== undefined && { context: options.context }),
      lenient: options.lenient,
      onUnknownDescription: options.onUnknownDescription,
      format: job.format,
      reads: allFormats,
      onPlainObject: 'error',
    });
  return { bucket: bucketOver(transport), bucketOver, transport, wantedKeys };
}

/** The keys that what is written in a format names: those of the provider, and in `'sealed'` of the recipients. */
export function targetKeys({
  provider,
  recipients = [],
  format,
}: Pick<JobBucketOptions, 'provider' | 'recipients'> & { readonly format: FormatName }): readonly NamedKey[] {
  const all = format === 'sealed' ? [provider, ...recipients] : [provider];
  return all.flatMap(({ wraps, materialDescription }) => {
    const wrapAlgorithm = wraps[format];
    return wrapAlgorithm === undefined ? [] : [{ wrapAlgorithm, description: materialDescription }];
  });
}
