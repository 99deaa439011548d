import type { ObjectTransport } from '@oss-envelope/core';
import type { LocalOss } from '@oss-envelope/local-cloud';

/**
 * Objects straight from the store of a local OSS of this process, without HTTP: to look at many of them. Only reads.
 */
export function storeTransport(oss: LocalOss, bucket: string): ObjectTransport {
  const look = async (key: string) => {
    const object = await oss.getObject(bucket, key);
    const headers: Record<string, string> = {
      ...object.headers,
      etag: `"${object.etag}"`,
      'content-length': String(object.bytes.length),
      'last-modified': object.lastModified.toUTCString(),
      'x-oss-object-type': object.type,
      'x-oss-request-id': 'none',
    };
    if (object.crc64 !== undefined) headers['x-oss-hash-crc64ecma'] = object.crc64;
    return { bytes: object.bytes, headers };
  };
  const refuse = async (): Promise<never> => {
    throw new Error('This transport only reads.');
  };
  return {
    bucketName: bucket,
    put: refuse,
    delete: refuse,
    async head({ key }) {
      return { status: 200, headers: (await look(key)).headers };
    },
    async get({ key, headers: { range } }) {
      if (range !== undefined) throw new Error('This transport reads whole objects.');
      const { bytes, headers } = await look(key);
      async function* chunks() {
        yield bytes;
      }
      return { status: 200, headers, chunks: chunks(), cancel: async () => {} };
    },
  };
}
