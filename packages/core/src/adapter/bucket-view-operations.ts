import type { BucketRequest, BucketView, ListPageRequest } from '../contract/bucket-view.js';
import { isOssEnvelopeError } from '../errors/errors.js';
import {
  formatUploadsQuery,
  formatVersionsQuery,
  parseOverwriteRules,
  parseReplicationRules,
  parseRetention,
  parseStatistics,
  parseUploadPage,
  parseVersioning,
  parseVersionPage,
} from './bucket-documents.js';
import type { OperationTools } from './operation-tools.js';
import { wholeNumber } from './option-checks.js';
import { maxKeysPerPage } from './oss-limits.js';
import type { Query } from './oss-request.js';
import type { DocumentAnswer } from './result-document.js';

/** What a bucket has besides its current objects, over any sender. */
export function bucketViewOperations({ call, takeDocument }: OperationTools): BucketView {
  const ask = <T>(
    query: Query,
    { headers, signal }: BucketRequest,
    parse: (answer: DocumentAnswer) => T,
  ): Promise<T> =>
    call('bucket-view', { method: 'GET', key: '', query, headers, signal }, async (answer) =>
      parse(await takeDocument(answer)),
    );
  const checked = (request: ListPageRequest): ListPageRequest => {
    const { maxEntries } = request;
    if (maxEntries !== undefined) wholeNumber('maxEntries', maxEntries, { least: 1, most: maxKeysPerPage });
    return request;
  };
  return {
    versioning: (request) => ask({ versioning: '' }, request, parseVersioning),
    retention: (request) => ask({ worm: '' }, request, parseRetention).catch(unlessUnset(undefined)),
    overwriteRules: (request) =>
      ask({ overwriteConfig: '' }, request, parseOverwriteRules).catch(unlessUnset([])),
    replicationRules: (request) =>
      ask({ replication: '' }, request, parseReplicationRules).catch(unlessUnset([])),
    statistics: (request) => ask({ stat: '' }, request, parseStatistics),
    listVersions: async (request) =>
      ask(formatVersionsQuery(checked(request)), request, (answer) =>
        parseVersionPage(answer, request.after),
      ),
    listUploads: async (request) =>
      ask(formatUploadsQuery(checked(request)), request, (answer) => parseUploadPage(answer, request.after)),
  };
}

/** A setting that was never made is a 404 with a code of its own; a bucket that is not there is another one. */
function unlessUnset<T>(unset: T): (error: unknown) => T {
  return (error) => {
    const isUnset =
      isOssEnvelopeError(error, 'ERR_SERVICE') &&
      error.status === 404 &&
      error.serviceCode !== undefined &&
      error.serviceCode !== 'NoSuchBucket';
    if (isUnset) return unset;
    throw error;
  };
}
