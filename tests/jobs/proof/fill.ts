import { createHash } from 'node:crypto';
import { EncryptedBucket, type ObjectTransport } from '@oss-envelope/core';
import type { LocalOss } from '@oss-envelope/local-cloud';
import type { MasterKeys } from './master-keys.js';
import { providersOf } from './master-keys.js';
import { contentOf, type MixedObject } from './mixed-objects.js';

/** Stores objects in the buckets of a local OSS of this process, without HTTP, each as its format has it under the old keys. */
export async function fill(
  oss: LocalOss,
  buckets: readonly string[],
  objects: readonly MixedObject[],
  oldKeys: MasterKeys,
): Promise<void> {
  let attributes: MixedObject['attributes'];
  const store = async (key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>) => {
    for (const bucket of buckets) await oss.putObject(bucket, key, bytes, { ...headers, ...attributes });
  };
  const transport = storingTransport(store);
  const providers = providersOf(oldKeys, 'old');
  const writers = new Map<string, EncryptedBucket>();
  for (const object of objects) {
    const { key, format, wrap, headers } = object;
    attributes = object.attributes;
    const content = contentOf(object);
    if (format === 'plain' || wrap === 'none') {
      await store(key, content, headers);
      continue;
    }
    const name = `${format} ${wrap}`;
    const writer = writers.get(name) ?? new EncryptedBucket({ transport, provider: providers[wrap], format });
    writers.set(name, writer);
    // In one request, so that what is stored is what this transport was given.
    const { 'content-type': contentType, 'x-oss-meta-number': number, ...others } = headers;
    await writer.put(key, content, {
      contentType,
      metadata: { number: number as string },
      headers: others,
      multipartThresholdBytes: content.length + 1,
    });
  }
}

/** Takes what a bucket writes, and answers as OSS does. */
function storingTransport(
  store: (key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>) => Promise<void>,
): ObjectTransport {
  const refuse = async (): Promise<never> => {
    throw new Error('This transport only writes.');
  };
  return {
    get: refuse,
    head: refuse,
    delete: refuse,
    async put({ key, headers, body }) {
      const chunks: Uint8Array[] = [];
      if (body.kind === 'bytes') chunks.push(body.bytes);
      else for await (const chunk of body.chunks) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      await store(key, bytes, headers);
      const etag = createHash('md5').update(bytes).digest('hex').toUpperCase();
      return { status: 200, headers: { etag: `"${etag}"`, 'x-oss-request-id': 'none' } };
    },
  };
}
