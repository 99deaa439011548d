import type { ObjectTransport } from '@oss-envelope/core';
import { type Job, type JobSource, openSource } from '@oss-envelope/jobs';
import type { Session } from '../../session.js';

/** Opens the source of a job. @throws as the source: an inventory that cannot be used, a file that is not there */
export async function openJobSource(
  session: Session,
  job: Job,
  transport: ObjectTransport,
): Promise<JobSource> {
  const { source } = job;
  const inventoryBucket = source.kind === 'inventory' ? source.bucketName : undefined;
  return openSource(job, {
    transport,
    inventoryTransport: inventoryBucket === undefined ? undefined : await session.transport(inventoryBucket),
    signal: session.signal,
  });
}
