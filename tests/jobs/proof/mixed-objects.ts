import { createCipheriv, createHash } from 'node:crypto';
import type { FormatName } from '@oss-envelope/core';

/** An object of a mixed bucket: what it is at first, and what must stay of it. */
export interface MixedObject {
  readonly key: string;
  readonly format: FormatName | 'plain';
  /** Which kind of master key it is under. */
  readonly wrap: 'aes' | 'none' | 'rsa';
  readonly sizeBytes: number;
  /** User metadata and content headers, as OSS has them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What else OSS keeps of it, where that is not as usual. */
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

/** Shares of all objects, in hundredths. */
const kinds: readonly (readonly [number, MixedObject['format'], MixedObject['wrap']])[] = [
  [25, 'plain', 'none'],
  [40, 'sealed', 'aes'],
  [10, 'sealed', 'rsa'],
  [15, 'oss-crypto', 'rsa'],
  [10, 'client-side-encryption', 'rsa'],
];
const folders = ['logs/2026/', '照片/', 'users/😀/', 'a b+c%20/', ''];
const mebibyte = 1024 * 1024;

/** Objects of all formats and many sizes, their keys spread over folders, scripts and odd characters. */
export function mixedObjects(seed: number, count: number): readonly MixedObject[] {
  return Array.from({ length: count }, (_, index) => {
    const dice = createHash('sha256').update(`${seed} ${index}`).digest();
    const [format, wrap] = kindOf(dice.readUInt16BE(0) % 100);
    return {
      key: `${folders[index % folders.length]}${dice.toString('hex', 2, 6)}-${index}`,
      format,
      wrap,
      sizeBytes: sizeOf(index, dice),
      headers: {
        'content-type': 'text/x-mixed',
        'x-oss-meta-number': String(index),
        ...(index % 3 === 0 && { 'cache-control': `max-age=${index}` }),
        ...(index % 5 === 0 && { 'content-disposition': `attachment; filename="${index}.txt"` }),
      },
      attributes:
        index % 50 === 7
          ? {
              'x-oss-storage-class': 'IA',
              'x-oss-object-acl': 'public-read',
              'x-oss-tagging': `number=${index}`,
            }
          : undefined,
    };
  });
}

function kindOf(hundredth: number): readonly [MixedObject['format'], MixedObject['wrap']] {
  let upTo = 0;
  for (const [share, format, wrap] of kinds) {
    upTo += share;
    if (hundredth < upTo) return [format, wrap];
  }
  throw new Error('the shares are not all');
}

/** Mostly small, some of many chunks, a few that go in parts when they are encrypted anew. */
function sizeOf(index: number, dice: Buffer): number {
  if (index % 4000 === 100) return 5 * mebibyte + (dice[6] ?? 0);
  return index % 97 === 0 ? 70_000 : index % 300;
}

/** The content of an object: the same bytes each time. */
export function contentOf({ key, sizeBytes }: Pick<MixedObject, 'key' | 'sizeBytes'>): Uint8Array {
  const secret = createHash('sha256').update(key).digest();
  return createCipheriv('aes-256-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}
