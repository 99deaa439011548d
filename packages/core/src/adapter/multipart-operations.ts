import type { PartOperations, StoredPart } from '../contract/object-transport.js';
import { isOssEnvelopeError, TransportError } from '../errors/errors.js';
import { type OperationTools, takeResult } from './operation-tools.js';
import { text as assertText, wholeNumber } from './option-checks.js';
import { maxParts, maxPartsPerPage } from './oss-limits.js';
import { type OssRequest, type Query, typed } from './oss-request.js';
import { formatPartList, type PartPage, parsePartPage, parseUploadId } from './part-documents.js';

/** The steps of a multipart upload. */
export function multipartOperations(tools: OperationTools): PartOperations {
  const { call, takeDocument, takeResponse } = tools;
  const uploadQuery = (uploadId: string): Query => ({
    uploadId: assertText('uploadId', uploadId, 'must be what parts.start gave'),
  });

  return {
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
          : takeResult(tools, 'CompleteMultipartUploadResult'),
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
        if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.serviceCode === 'NoSuchUpload')) throw error;
      }
    },
  };
}
