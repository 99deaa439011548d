import type { ObjectTransport } from '@oss-envelope/core';
import type { Job } from '../contract/job.js';
import type { ObjectSource } from '../contract/object-source.js';
import { withChangesSince } from './changed-since.js';
import { openInventory } from './inventory-source.js';
import { keyFileSource } from './key-file-source.js';
import { listingSource } from './listing-source.js';

/** A source that may hold files open. */
export interface JobSource extends ObjectSource {
  /** Gives up what is read ahead. */
  close(): Promise<void>;
}

/** What a source is read with. */
export interface SourceTransports {
  /** Of the job's bucket. */
  readonly transport: ObjectTransport;
  /** Of the bucket that has the inventory, where that is another one. */
  readonly inventoryTransport?: Pick<ObjectTransport, 'get'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the source that a job names. Behind an inventory comes a listing of what was modified since it was made.
 *
 * @throws as `openInventory`, for an inventory
 */
export async function openSource(
  { source, bucketName }: Pick<Job, 'bucketName' | 'source'>,
  { transport, inventoryTransport = transport, signal }: SourceTransports,
): Promise<JobSource> {
  switch (source.kind) {
    case 'listing':
      return { ...listingSource(transport, source.prefix), close: async () => {} };
    case 'keys':
      return keyFileSource(source.path);
    case 'inventory': {
      const { manifestKey, prefix } = source;
      const inventory = await openInventory({
        transport: inventoryTransport,
        manifestKey,
        bucketName,
        prefix,
        signal,
      });
      const listing = listingSource(transport, prefix);
      const whole = withChangesSince(inventory, listing, inventory.createdAt);
      return { ...whole, close: () => inventory.close() };
    }
  }
}
