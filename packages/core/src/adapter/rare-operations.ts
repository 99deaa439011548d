import type { ObjectResponse, StoredPart } from '../contract/object-transport.js';
import { percentEncode, percentEncodePath } from '../encoding/percent-encoding.js';
import { InvalidArgumentError, isOssEnvelopeError, TransportError } from '../errors/errors.js';
import {
  type DocumentAnswer,
  formatListQuery,
  formatPartList,
  type PartPage,
  parseObjectAcl,
  parseObjectPage,
  parseObjectTags,
  parsePartPage,
  parseUploadId,
  resultElement,
} from './answer-documents.js';
import { assertObjectKey } from './object-key.js';
import { text as assertText, wholeNumber } from './option-checks.js';
import { assertFromOss, type OssMark } from './oss-answer.js';
import { maxKeysPerPage, maxParts, maxPartsPerPage } from './oss-limits.js';
import {
  type CallOss,
  type CompleteObjectTransport,
  type OssAnswer,
  type OssRequest,
  type Query,
  typed,
  versionQuery,
} from './oss-request.js';

/** What these operations are made of. */
export interface OperationTools {
  readonly bucket: () => string | undefined;
  readonly call: CallOss;
  readonly takeDocument: (answer: OssAnswer) => Promise<DocumentAnswer>;
  readonly takeResponse: (...names: OssMark[]) => (answer: OssAnswer) => Promise<ObjectResponse>;
}

/** All that is neither put, get, head nor delete, and takes a sender only. */
export type RareOperations = Pick<
  CompleteObjectTransport,
  'acl' | 'copy' | 'deleteMany' | 'list' | 'parts' | 'tags'
>;

/** Uploads in parts, copies, lists, deletions of many, ACLs and tags: what has documents. */
export function rareOperations({
  bucket: bucketOf,
  call,
  takeDocument,
  takeResponse,
}: OperationTools): RareOperations {
  const takeResult =
    (name: string) =>
    async (answer: OssAnswer): Promise<ObjectResponse> => {
      const result = await takeDocument(answer);
      resultElement(result, name);
      assertFromOss(result.headers, 'etag', 'x-oss-request-id');
      return result;
    };

  const uploadQuery = (uploadId: string): Query => ({
    uploadId: assertText('uploadId', uploadId, 'must be what parts.start gave'),
  });

  return {
    async deleteMany({ keys, headers, signal }) {
      const { formatDeletion, parseDeletion } = await import('./deletion-documents.js');
      const { bytes, headers: own } = formatDeletion(keys);
      const request: OssRequest = {
        method: 'POST',
        key: '',
        query: { delete: '', 'encoding-type': 'url' },
        headers: { ...headers, ...own },
        body: { kind: 'bytes', bytes },
        signal,
      };
      return call('delete-many', request, async (answer) => parseDeletion(await takeDocument(answer), keys));
    },

    async copy({ key, headers, signal, sourceKey, sourceVersionId }) {
      assertObjectKey(sourceKey, 'sourceKey');
      const bucketName = bucketOf();
      if (!bucketName) {
        throw new InvalidArgumentError('bucket', 'must be given to the transport: copy names it');
      }
      const version = sourceVersionId === undefined ? '' : `?versionId=${percentEncode(sourceVersionId)}`;
      const request: OssRequest = { method: 'PUT', key, query: {}, headers: typed(headers), signal };
      return call('copy', request, takeResult('CopyObjectResult'), {
        'x-oss-copy-source': `/${bucketName}/${percentEncodePath(sourceKey)}${version}`,
      });
    },

    async list({ headers, signal, ...place }) {
      if (place.maxKeys !== undefined)
        wholeNumber('maxKeys', place.maxKeys, { least: 1, most: maxKeysPerPage });
      const request: OssRequest = { method: 'GET', key: '', query: formatListQuery(place), headers, signal };
      return call('list', request, async (answer) => parseObjectPage(await takeDocument(answer)));
    },

    async acl({ key, headers, signal, versionId }) {
      const query = { acl: '', ...versionQuery(versionId) };
      return call('acl', { method: 'GET', key, query, headers, signal }, async (answer) =>
        parseObjectAcl(await takeDocument(answer)),
      );
    },

    async tags({ key, headers, signal, versionId }) {
      const query = { tagging: '', ...versionQuery(versionId) };
      return call('tags', { method: 'GET', key, query, headers, signal }, async (answer) =>
        parseObjectTags(await takeDocument(answer)),
      );
    },

    parts: {
      async start({ key, headers, signal }) {
        const request: OssRequest = {
          method: 'POST',
          key,
          query: { uploads: '' },
          headers: typed(headers),
          signal,
        };
        return call('start-parts', request, async (answer) => ({
          uploadId: parseUploadId(await takeDocument(answer)),
        }));
      },

      async put({ key, headers, signal, uploadId, partNumber, body }) {
        wholeNumber('partNumber', partNumber, { least: 1, most: maxParts });
        const query = { partNumber: String(partNumber), ...uploadQuery(uploadId) };
        const request: OssRequest = { method: 'PUT', key, query, headers, body, signal };
        // The ETag of each part is needed to finish the upload.
        return call('put-part', request, takeResponse('etag'));
      },

      async list({ key, headers, signal, uploadId }) {
        const pageAfter = (marker: number): Promise<PartPage> => {
          const query = {
            ...uploadQuery(uploadId),
            'max-parts': String(maxPartsPerPage),
            'part-number-marker': String(marker),
          };
          return call('list-parts', { method: 'GET', key, query, headers, signal }, async (answer) =>
            parsePartPage(await takeDocument(answer), marker),
          );
        };
        const parts: StoredPart[] = [];
        for (let marker: number | undefined = 0; marker !== undefined; ) {
          const page: PartPage = await pageAfter(marker);
          parts.push(...page.parts);
          if (parts.length > maxParts) {
            throw new TransportError(
              `The server lists more than the ${maxParts} parts that an upload can have. Check the endpoint.`,
              { retryable: false },
            );
          }
          marker = page.nextMarker;
        }
        return parts;
      },

      async finish({ key, headers, signal, uploadId, parts }) {
        const ordered = [...parts].sort((a, b) => a.partNumber - b.partNumber);
        for (const { partNumber } of ordered)
          wholeNumber('partNumber', partNumber, { least: 1, most: maxParts });
        const request: OssRequest = {
          method: 'POST',
          key,
          query: uploadQuery(uploadId),
          headers: { ...headers, 'content-type': 'application/xml' },
          body: { kind: 'bytes', bytes: new TextEncoder().encode(formatPartList(ordered)) },
          signal,
        };
        // With a callback, what its server answered stands in the place of the result document.
        const hasCallback = Object.keys(headers).some((name) => name.toLowerCase() === 'x-oss-callback');
        return call(
          'finish-parts',
          request,
          hasCallback
            ? takeResponse('etag', 'x-oss-request-id')
            : takeResult('CompleteMultipartUploadResult'),
        );
      },

      async drop({ key, headers, signal, uploadId }) {
        const request: OssRequest = {
          method: 'DELETE',
          key,
          query: uploadQuery(uploadId),
          headers,
          signal,
        };
        try {
          await call('drop-parts', request, takeResponse('x-oss-request-id'));
        } catch (error) {
          if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.serviceCode === 'NoSuchUpload'))
            throw error;
        }
      },
    },
  };
}
