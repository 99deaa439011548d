import type { KeyProvider } from '@oss-envelope/core';
import {
  createPaces,
  type Job,
  type JobBucketOptions,
  type Paces,
  pacedProvider,
  pacedTransport,
} from '@oss-envelope/jobs';
import { assertHasRecipients, keylessProvider, type Providers } from '../../keys/providers.js';
import type { Session } from '../../session.js';

/** How fast a job may go, in requests a second. */
export interface RateFlags {
  readonly rate?: number | undefined;
  readonly kmsRate?: number | undefined;
}

/** The paces of this process; with a client of Redis those of all processes that share it. */
export function pacesOf({ rate, kmsRate }: RateFlags, redis?: unknown): Paces {
  return createPaces({ ossPerSecond: rate, kmsPerSecond: kmsRate }, redis);
}

/**
 * A bucket and its keys for a job, from the flags of this process. Recipients are for `'sealed'` alone.
 *
 * @throws UsageError when no key is named, for a task that needs one; when recipients are, for one that cannot give them
 */
export async function jobBucketOptions(
  session: Session,
  bucket: string,
  { format, task }: Pick<Job, 'format' | 'task'>,
  paces: Paces,
): Promise<JobBucketOptions> {
  // What only counts opens nothing. With a key it can also say which one is old.
  const isKeyless = task === 'report' && (await session.keys()).main === undefined;
  const providers = isKeyless ? keyless : await session.providers();
  if (task !== 'report' && task !== 'verify') assertHasRecipients(format, providers);
  const { provider, recipients, otherProviders } = providers;
  const paced = (one: KeyProvider): KeyProvider => (callsKms(one) ? pacedProvider(one, paces.kms) : one);
  return {
    transport: pacedTransport(await session.transport(bucket, 0), paces.oss),
    provider: paced(provider),
    ...(format === 'sealed' && { recipients: recipients.map(paced) }),
    otherProviders: otherProviders.map(paced),
    // On a command line one key was named on purpose.
    onUnknownDescription: 'use-provider',
  };
}

const keyless: Providers = { provider: keylessProvider, recipients: [], otherProviders: [] };

function callsKms({ wraps }: KeyProvider): boolean {
  return Object.values(wraps).includes('kms');
}
