import { percentEncode, percentEncodePath } from '../encoding/percent-encoding.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { formatListQuery, parseObjectAcl, parseObjectPage, parseObjectTags } from './answer-documents.js';
import { loaded } from './lazy-module.js';
import { assertObjectKey } from './object-key.js';
import { type OperationTools, takeResult } from './operation-tools.js';
import { wholeNumber } from './option-checks.js';
import { maxKeysPerPage } from './oss-limits.js';
import { type CompleteObjectTransport, type OssRequest, typed, versionQuery } from './oss-request.js';

/** All that is neither put, get, head, delete nor of parts, and takes a sender only. */
export type RareOperations = Pick<CompleteObjectTransport, 'acl' | 'copy' | 'deleteMany' | 'list' | 'tags'>;

/** Copies, lists, deletions of many, ACLs and tags: what has documents. */
export function rareOperations(tools: OperationTools): RareOperations {
  const { bucket: bucketOf, call, takeDocument } = tools;
  return {
    async deleteMany({ keys, headers, signal }) {
      const { formatDeletion, parseDeletion } = await loaded(import('./deletion-documents.js'));
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
      return call('copy', request, takeResult(tools, 'CopyObjectResult'), {
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
  };
}
