import type { EncryptedObject } from '@oss-envelope/core';
import type { LocalOss } from '@oss-envelope/local-cloud';

/** An object as whoever can read the bucket sees it. */
export interface StoredObject {
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came of a read: what was handed on, and how it failed. */
export interface Outcome {
  /** `'none'` when it did not fail; `'foreign'` for an error that is not of this project. */
  readonly code: string;
  readonly bytes: Buffer;
  readonly message: string;
}

/** What begins the names of the headers of a sealed envelope. */
export const sealedPrefix = 'x-oss-meta-oss-envelope-';

/** Takes an object out of the bucket, without any key. */
export async function steal(oss: LocalOss, key: string): Promise<StoredObject> {
  const { headers, bytes } = await oss.getObject('bucket', key);
  const metadata = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0].startsWith('x-oss-meta-') && entry[1] !== undefined,
  );
  return { metadata: Object.fromEntries(metadata), body: Buffer.from(bytes) };
}

/** Puts an object into the bucket, without any key. An `undefined` among the metadata takes a header away. */
export async function plant(
  oss: LocalOss,
  key: string,
  { metadata, body }: StoredObject,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  const entries = Object.entries({ ...metadata, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  await oss.putObject('bucket', key, body, Object.fromEntries(entries));
}

/** A copy with one bit of one byte changed. */
export function flipped(body: Buffer, at: number): Buffer {
  const changed = Buffer.from(body);
  changed[at]! ^= 1;
  return changed;
}

/** Reads an object as a stream, so that what came before an error is seen too. */
export async function outcomeOf(read: () => Promise<EncryptedObject<boolean>>): Promise<Outcome> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of (await read()).chunks()) chunks.push(Uint8Array.from(chunk));
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    const isOurs = typeof code === 'string' && /^ERR_[A-Z_]+$/.test(code) && isOfProject(code);
    return { code: isOurs ? code : 'foreign', bytes: Buffer.concat(chunks), message };
  }
  return { code: 'none', bytes: Buffer.concat(chunks), message: '' };
}

const codes = new Set([
  'ERR_ALGORITHM_NOT_SUPPORTED',
  'ERR_ENVELOPE_MALFORMED',
  'ERR_ENVELOPE_MISSING',
  'ERR_FORMAT_NOT_ALLOWED',
  'ERR_INTEGRITY',
  'ERR_KEY_UNWRAP_FAILED',
  'ERR_NO_MATCHING_KEY',
  'ERR_OBJECT_CHANGED',
  'ERR_OBJECT_MISMATCH',
  'ERR_RANGE_NOT_SATISFIABLE',
  'ERR_SERVICE',
  'ERR_TRANSPORT',
]);
const isOfProject = (code: string): boolean => codes.has(code);
