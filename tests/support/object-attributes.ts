import type OSS from 'ali-oss';
import type { UntypedCalls } from './world.js';

/** All that OSS tells of an object besides its content. */
export interface ObjectAttributes {
  /** Every header of HEAD that belongs to the object, names in lower case. */
  readonly headers: Record<string, string>;
  readonly acl: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What an object is given besides metadata, a type, an encryption of the server, tags and an ACL. */
export const plainHeaders = {
  'cache-control': 'max-age=7',
  'content-disposition': 'attachment; filename="a.bin"',
  'content-language': 'en',
  expires: 'Fri, 28 Jan 2033 23:32:56 GMT',
  'x-oss-storage-class': 'IA',
} as const;

/** Headers of the answer, and the time of the last change, which every copy sets anew. */
const ofAnswer = new Set([
  'connection',
  'date',
  'keep-alive',
  'last-modified',
  'server',
  'x-oss-request-id',
  'x-oss-server-time',
]);

/** Asks for everything, by a client that is not of this project. */
export async function attributesOf(client: OSS & UntypedCalls, key: string): Promise<ObjectAttributes> {
  const { res } = await client.head(key);
  const { acl } = await client.getACL(key);
  const { tag } = await client.getObjectTagging(key);
  const headers = Object.entries(res.headers as Record<string, string>).filter(
    ([name]) => !ofAnswer.has(name),
  );
  return { headers: Object.fromEntries(headers), acl, tags: tag };
}
