import { type BaseOptions, createBaseOperations } from './base-operations.js';
import { loaded } from './lazy-module.js';
import type { CompleteObjectTransport, SendRequest } from './oss-request.js';
import type { ReadingOperations } from './reading-operations.js';

/**
 * As `createObjectTransport`, with `getByUrl` and without `presign`, for pages that upload most of all: what reads and
 * deletes is loaded with the first object that is read or deleted.
 */
export function createUploadingTransport(
  send: SendRequest,
  options: BaseOptions,
): Omit<CompleteObjectTransport, 'bucketView'> & Pick<ReadingOperations, 'getByUrl'> {
  const { tools, transport } = createBaseOperations(send, options);
  const operations = async (): Promise<ReadingOperations> => {
    const { readingOperations } = await loaded(import('./reading-operations.js'));
    return readingOperations(tools);
  };
  const later: ReadingOperations = {
    get: async (request) => (await operations()).get(request),
    delete: async (request) => (await operations()).delete(request),
    getByUrl: async (request) => (await operations()).getByUrl(request),
  };
  return Object.assign(transport, later);
}
