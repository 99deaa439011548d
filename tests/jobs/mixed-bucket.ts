import { randomBytes } from 'node:crypto';
import { EncryptedBucket, type FormatName, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { expect } from 'vitest';

export const bucket = 'photos';

/** Key pairs of before and of now, as JSON gives them to processes. */
export const [oldPair, newPair] = await Promise.all([pairCalled('old'), pairCalled('new')]);
export const [oldKey, newKey] = [rsaProvider(oldPair), rsaProvider(newPair)];

async function pairCalled(key: string) {
  return { ...(await generateRsaKeyPair({ modulusBits: 2048 })), materialDescription: { key } };
}

export const transportTo = (oss: LocalOss): ObjectTransport =>
  fetchTransport({ endpoint: oss.origin, region: oss.region, bucket, credentials: { ...defaultOssAccount } });

/** An object of a mixed bucket: what it is at first, and what must stay of it. */
export interface MixedObject {
  readonly key: string;
  readonly format: FormatName | 'plain';
  readonly content: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

const formats: readonly MixedObject['format'][] = ['sealed', 'oss-crypto', 'client-side-encryption', 'plain'];

/** Objects of all formats and many sizes, their keys spread over folders, scripts and odd characters. */
export async function fillMixed(
  oss: LocalOss,
  {
    transport,
    provider,
    count,
  }: {
    readonly transport: ObjectTransport;
    readonly provider: KeyProvider;
    readonly count: number;
  },
): Promise<readonly MixedObject[]> {
  const writers = new Map(
    formats.flatMap((format) =>
      format === 'plain' ? [] : [[format, new EncryptedBucket({ transport, provider, format })] as const],
    ),
  );
  const objects = Array.from({ length: count }, (_, index): MixedObject => {
    const folder = ['logs/2026/', '照片/', 'users/😀/', 'a b+c%20/', ''][index % 5];
    return {
      key: `${folder}${((index * 2654435761) % 2 ** 32).toString(16)}-${index}`,
      format: formats[index % 4] as MixedObject['format'],
      content: randomBytes(index % 97 === 0 ? 70_000 : index % 300),
      metadata: { number: String(index) },
    };
  });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
      const { key, format, content, metadata } = object;
      if (format === 'plain') {
        await oss.putObject(bucket, key, content, {
          'x-oss-meta-number': metadata.number as string,
          'content-type': 'text/x-mixed',
        });
      } else {
        await writers.get(format)?.put(key, content, { metadata, contentType: 'text/x-mixed' });
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return objects;
}

/** Every object opens with the new key alone, none with the old one, and is otherwise what it was. */
export async function expectMoved(
  objects: readonly MixedObject[],
  {
    transport,
    oldKey,
    newKey,
  }: { readonly transport: ObjectTransport; readonly oldKey: KeyProvider; readonly newKey: KeyProvider },
): Promise<void> {
  const [old, now] = [oldKey, newKey].map(
    (provider) => new EncryptedBucket({ transport, provider, format: 'sealed' }),
  );
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
      const opened = await now?.get(object.key);
      expect(Buffer.compare((await opened?.bytes()) as Uint8Array, object.content), object.key).toBe(0);
      expect(opened?.metadata).toEqual(object.metadata);
      expect(opened?.contentType).toBe('text/x-mixed');
      expect(opened?.authenticated).toBe(true);
      await expect(old?.get(object.key)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(NO_MATCHING_KEY|KEY_UNWRAP_FAILED)$/),
      });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Counts how often each object is replaced, whoever does it. */
export function countWrites(oss: LocalOss): ReadonlyMap<string, number> {
  const writes = new Map<string, number>();
  oss.faults.add({
    kind: 'no-crc',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation, key = '' }) => {
      if (/^(CopyObject|CompleteMultipartUpload|PutObject)$/.test(operation))
        writes.set(key, (writes.get(key) ?? 0) + 1);
      return false;
    },
  });
  return writes;
}
