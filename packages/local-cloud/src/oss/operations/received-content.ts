import { randomBytes } from 'node:crypto';
import { OssError } from '../http/oss-error.js';
import { ContentDigest, type ContentSums } from '../storage/content-digest.js';
import type { Segment } from '../storage/segment.js';
import type { OperationContext } from './operation.js';

/** A request's body after it was stored and verified. The caller owns the segment. */
export interface ReceivedContent {
  readonly segment: Segment;
  readonly sums: ContentSums;
}

// PutObject, AppendObject and UploadPart take at most 5 GB.
const maxBodyBytes = 5 * 1024 ** 3;

/** Decodes a Content-MD5 header. @throws {OssError} `InvalidDigest` unless it is base64 of 16 bytes. */
function parseContentMd5(value: string): Buffer {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== value) throw new OssError('InvalidDigest');
  return bytes;
}

/** @throws {OssError} `InvalidDigest` when the header, if any, does not fit the MD5. */
export function assertContentMd5(header: string | undefined, md5: Buffer | undefined): void {
  if (header === undefined || md5 === undefined) return;
  if (!parseContentMd5(header).equals(md5)) {
    throw new OssError('InvalidDigest', {
      details: { ExpectedDigest: header, CalculatedDigest: md5.toString('base64') },
    });
  }
}

/** @throws {OssError} `InvalidArgument` when the signed hash of the body, if any, does not fit. */
export function assertPayloadSha256(claimed: string | undefined, sha256: string | undefined): void {
  if (claimed === undefined || claimed === sha256) return;
  throw new OssError('ContentSha256Mismatch');
}

/** Streams chunks into the store, taking sums on the way. Nothing stays when the source or the check throws. */
export async function storeContent(
  context: OperationContext,
  source: AsyncIterable<Uint8Array>,
  check?: (sums: ContentSums, sizeBytes: number) => void,
): Promise<ReceivedContent> {
  const sink = await context.store.open();
  let digest: ContentDigest | undefined;
  let sizeBytes = 0;
  try {
    digest = await ContentDigest.start({ ...context.digests, sha256: context.payloadSha256 !== undefined });
    for await (const chunk of source) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBodyBytes) throw new OssError('EntityTooLarge');
      digest.update(chunk);
      const written = sink.write(chunk);
      if (written) await written;
    }
    const sums = digest.finish();
    digest = undefined;
    check?.(sums, sizeBytes);
    return { segment: await sink.commit(), sums };
  } catch (error) {
    digest?.abandon();
    await sink.discard();
    throw error;
  }
}

/**
 * Takes in the body of the request.
 * @param checkSize Called with the size: first with the declared one, if any, before anything is read.
 * @throws {OssError} `MissingContentLength`, `EntityTooLarge`, `InvalidDigest`, or what `checkSize` throws.
 */
export async function receiveContent(
  context: OperationContext,
  checkSize: (sizeBytes: number) => void = () => {},
): Promise<ReceivedContent> {
  const { body, headers } = context.request;
  const contentMd5 = headers['content-md5'];
  if (!body.isFramed) throw new OssError('MissingContentLength');
  if (contentMd5 !== undefined) parseContentMd5(contentMd5);
  if (body.declaredBytes !== undefined) {
    if (body.declaredBytes > maxBodyBytes) throw new OssError('EntityTooLarge');
    checkSize(body.declaredBytes);
  }
  return storeContent(context, body.read(), (sums, sizeBytes) => {
    checkSize(sizeBytes);
    assertContentMd5(contentMd5, sums.md5);
    assertPayloadSha256(context.payloadSha256, sums.sha256);
  });
}

/** An ETag for a body: its MD5 in upper-case hexadecimal, or something else of that shape if MD5 is off. */
export function contentEtag(sums: ContentSums): string {
  if (sums.md5) return sums.md5.toString('hex').toUpperCase();
  if (sums.crc64 !== undefined) return sums.crc64.toString(16).padStart(32, '0').toUpperCase();
  return randomBytes(16).toString('hex').toUpperCase();
}
