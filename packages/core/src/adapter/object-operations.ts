import type { BucketView } from '../contract/bucket-view.js';
import type { PresignedUrl } from '../contract/object-transport.js';
import { type BaseOptions, createBaseOperations } from './base-operations.js';
import { loaded } from './lazy-module.js';
import type { OperationTools } from './operation-tools.js';
import { type CompleteObjectTransport, type SendRequest, typed, versionQuery } from './oss-request.js';
import type { RequestToPresign } from './presigning-checks.js';
import { readingOperations } from './reading-operations.js';

/** What the operations need besides a sender. */
export interface OperationOptions extends BaseOptions {
  /** Whether the sender sends requests that were signed elsewhere: those with a `url`. Then there is `getByUrl`. */
  readonly takesUrls?: boolean | undefined;
  /** Signs a checked request, for someone else to send. Then there is `presign`. */
  readonly presign?: ((request: RequestToPresign) => Promise<PresignedUrl>) | undefined;
}

/**
 * Makes a transport of a function that sends one request. The transport has the operations on the objects of a bucket
 * (OSS documentation, "Operations on objects"). It checks arguments, reads and writes documents, turns refusals into
 * errors, and retries.
 */
export function createObjectTransport(send: SendRequest, options: OperationOptions): CompleteObjectTransport {
  const { tools, transport } = createBaseOperations(send, options);
  const { getByUrl, ...reading } = readingOperations(tools);
  const { presign } = options;
  return Object.assign(
    transport,
    reading,
    { bucketView: bucketViewBy(tools) },
    options.takesUrls && { getByUrl },
    presign && presigningBy(presign),
  );
}

/** For programs that change whole buckets: few pages have a use for it. */
function bucketViewBy(tools: OperationTools): BucketView {
  const view = async (): Promise<BucketView> => {
    const { bucketViewOperations } = await loaded(import('./bucket-view-operations.js'));
    return bucketViewOperations(tools);
  };
  return {
    versioning: async (request) => (await view()).versioning(request),
    retention: async (request) => (await view()).retention(request),
    overwriteRules: async (request) => (await view()).overwriteRules(request),
    replicationRules: async (request) => (await view()).replicationRules(request),
    statistics: async (request) => (await view()).statistics(request),
    listVersions: async (request) => (await view()).listVersions(request),
    listUploads: async (request) => (await view()).listUploads(request),
  };
}

function presigningBy(
  presign: NonNullable<OperationOptions['presign']>,
): Required<Pick<CompleteObjectTransport, 'presign'>> {
  return {
    async presign({ headers, versionId, ...request }) {
      const { checkedPresigning } = await loaded(import('./presigning-checks.js'));
      request.signal?.throwIfAborted();
      return presign(
        checkedPresigning({
          ...request,
          query: versionQuery(versionId),
          headers: request.method === 'PUT' ? typed(headers) : headers,
        }),
      );
    },
  };
}
