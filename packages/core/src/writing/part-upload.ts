import { headersForRequest } from '../adapter/request-headers.js';
import type { Headers, ObjectResponse, ObjectTransport, StoredPart } from '../contract/object-transport.js';
import { formatEnvelope } from '../envelope/envelope.js';
import { IntegrityError, isOssEnvelopeError, TransportError } from '../errors/errors.js';
import { EncryptedBody } from './encrypted-body.js';
import { scaledTo } from './one-request.js';
import { PartBuffers } from './part-buffers.js';
import { assertPartNumber, largestPartBytes, storedBytesOfPart } from './part-plan.js';
import { type PutResult, putResult } from './put-result.js';
import { mayBeStored, storedDespite } from './sent-object.js';
import type { Source } from './source.js';
import { plaintextOf } from './source-reading.js';
import { dropUpload, isVanishedUpload, partsOf } from './started-upload.js';
import { assertStored } from './stored-check.js';
import { isPartOf } from './stored-part.js';
import type { StartedUpload, Writing } from './writing-context.js';

/**
 * Encrypts plaintext from its first byte on, sends it in parts, and makes the object of them. Holds `concurrency` parts
 * of stored bytes in memory. The parts are cut from one encrypted body. A part that the server already has (of an
 * upload that goes on) is encrypted again and compared, and sent only if the server does not show that it has the same.
 *
 * @throws IntegrityError when the source differs from what was sent of it before, or the server stored other bytes
 * @throws what the source, the transport or the signal throws. The upload is then dropped, unless it has a checkpoint
 */
export async function uploadInParts(
  writing: Writing,
  upload: StartedUpload,
  source: Source,
): Promise<PutResult> {
  const failed = new AbortController();
  const signal =
    writing.signal === undefined ? failed.signal : AbortSignal.any([writing.signal, failed.signal]);
  const sender = new PartSender({ ...writing, signal }, upload, (reason) => failed.abort(reason));
  try {
    await sender.sendAll(source);
    if (writing.beforeReplacing !== undefined) {
      await assertParts({ ...writing, signal }, upload, sender.parts);
      await writing.beforeReplacing();
    }
    const response = await finish({ ...writing, signal }, upload, sender.parts);
    await upload.checkpoint?.delete();
    return putResult(upload.envelope, response, writing.headers);
  } catch (error) {
    failed.abort(error);
    await sender.settled();
    if (isStored(error)) {
      await upload.checkpoint?.delete();
    } else if (upload.checkpoint === undefined || error instanceof SourceChangedError) {
      await dropUpload(writing, upload.uploadId);
      await upload.checkpoint?.delete();
    }
    throw error;
  }
}

/** The source differs from what was sent of it before. */
export class SourceChangedError extends IntegrityError {
  constructor(partNumber: number) {
    super(
      `The content has changed since part ${partNumber} of it was sent, so the upload cannot go on and was dropped. ` +
        'Upload the content anew.',
    );
  }
}

/**
 * Makes the object of its parts. When the answer is lost, the object may be there all the same, and the upload gone. Then
 * what is stored shows whether it is this object. The envelope alone does not prove that, since somebody else may have
 * finished the upload with other parts. So the checksum of the whole must be there and be right.
 */
async function finish(
  writing: Writing,
  { uploadId, envelope, finished }: StartedUpload,
  sent: readonly StoredPart[],
): Promise<ObjectResponse> {
  const { context, key, headers: all, signal } = writing;
  const { transport } = context;
  const parts = sent.toSorted((a, b) => a.partNumber - b.partNumber);
  const crc64 = combinedCrc64(transport, parts);
  if (finished !== undefined) {
    // The content was encrypted again, and is the one of the journal. So it must be the one that is stored.
    if (crc64 === finished.headers['x-oss-hash-crc64ecma']) return finished;
    throw new SourceChangedError(parts.length);
  }
  const headers = headersForRequest('finish-parts', all);
  const response = await partsOf(transport)
    .finish({ key, uploadId, headers, parts, signal })
    .catch(async (error: unknown) => {
      if (crc64 === undefined || !(mayBeStored(error) || isVanishedUpload(error))) throw error;
      const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
      const { response: found } = await storedDespite(error, writing, [{ envelope, sizeBytes, crc64 }]);
      if (found.headers['x-oss-hash-crc64ecma'] === undefined) throw error;
      return found;
    });
  assertStored(response, crc64);
  return response;
}

/**
 * Compares the parts that the server lists with those that were sent, while nothing is replaced yet.
 *
 * @throws IntegrityError when they differ
 */
async function assertParts(
  { context, key, headers: all, signal }: Writing,
  { uploadId }: StartedUpload,
  sent: readonly StoredPart[],
): Promise<void> {
  const headers = headersForRequest('list-parts', all);
  const listed = await partsOf(context.transport).list({ key, uploadId, headers, signal });
  const byNumber = new Map(listed.map((part) => [part.partNumber, part]));
  const isStoredSo = ({ partNumber, sizeBytes, etag, crc64 }: StoredPart): boolean => {
    const part = byNumber.get(partNumber);
    if (part?.sizeBytes !== sizeBytes || part.etag !== etag) return false;
    return part.crc64 === undefined || crc64 === undefined || part.crc64 === crc64;
  };
  if (listed.length === sent.length && sent.every(isStoredSo)) return;
  throw new IntegrityError(
    'The server lists other parts than were sent, so nothing was replaced, and the parts were dropped. Try again; if it ' +
      'happens again, check what stands between here and OSS.',
  );
}

/** Whether an error says that the object is there all the same: there is no upload any more to go on with. */
function isStored(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && error.serviceCode === 'CallbackFailed';
}

function combinedCrc64(transport: ObjectTransport, parts: readonly StoredPart[]): string | undefined {
  const sums = parts.flatMap(({ crc64, sizeBytes }) => (crc64 === undefined ? [] : [{ crc64, sizeBytes }]));
  return sums.length === parts.length ? transport.crc64?.combine(sums) : undefined;
}

/** Cuts the encrypted body into parts, and sends them. */
class PartSender {
  readonly #writing: Writing;
  readonly #upload: StartedUpload;
  readonly #stored: ReadonlyMap<number, StoredPart>;
  readonly #fail: (reason: unknown) => void;
  readonly #buffers: PartBuffers;
  /** OSS compares the envelope on each part with that which the upload was started with. */
  readonly #partHeaders: Headers;
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #transferredBytes = 0;
  /** The plaintext bytes of the parts under way that were sent. */
  readonly #sentBytes = new Map<number, number>();
  /** The parts that the server has, in the order in which they got there. */
  readonly parts: StoredPart[] = [];

  /** `fail` makes everything stop that is under way. */
  constructor(writing: Writing, upload: StartedUpload, fail: (reason: unknown) => void) {
    this.#writing = writing;
    this.#upload = upload;
    this.#stored = new Map(upload.stored.map((part) => [part.partNumber, part]));
    this.#fail = fail;
    this.#buffers = new PartBuffers(
      writing.concurrency,
      largestPartBytes(writing.context.scheme, upload.plan),
    );
    this.#partHeaders = {
      ...headersForRequest('put-part', writing.headers),
      ...formatEnvelope(upload.envelope),
    };
  }

  async sendAll(source: Source): Promise<void> {
    const { context, signal } = this.#writing;
    const { contentKey, plan } = this.#upload;
    const { scheme } = context;
    const body = new EncryptedBody(plaintextOf(source, signal), {
      encryptor: scheme.encryptor(contentKey),
      // Each chunk is copied into a part before the next one is asked for.
      takenInTurn: true,
    });
    let buffer: Uint8Array<ArrayBuffer> | undefined;
    // Summed as it comes: later it would have left the processor's cache.
    let sum = context.transport.crc64?.create();
    let filledBytes = 0;
    let partNumber = 1;
    let partBytes = storedBytesOfPart(scheme, plan, 1);
    for await (const stored of body.chunks) {
      for (let offset = 0; offset < stored.length; ) {
        if (buffer === undefined) {
          assertPartNumber(partNumber, plan);
          buffer = await this.#buffers.take();
          this.#check();
        }
        const piece = stored.subarray(offset, offset + partBytes - filledBytes);
        buffer.set(piece, filledBytes);
        sum?.update(piece);
        filledBytes += piece.length;
        offset += piece.length;
        if (filledBytes < partBytes) continue;
        this.#start(partNumber++, buffer.subarray(0, filledBytes), sum?.digest());
        sum = context.transport.crc64?.create();
        partBytes = storedBytesOfPart(scheme, plan, partNumber);
        [buffer, filledBytes] = [undefined, 0];
      }
    }
    if (buffer !== undefined) {
      this.#start(partNumber, buffer.subarray(0, filledBytes), sum?.digest(), body.tally.plaintextBytes);
    }
    await this.settled();
    this.#check();
  }

  /** Resolves when no part is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #start(
    partNumber: number,
    bytes: Uint8Array<ArrayBuffer>,
    crc64: string | undefined,
    sizeBytes: number | undefined = this.#upload.plan.sizeBytes,
  ): void {
    const { partSizeBytes } = this.#upload.plan;
    const startBytes = (partNumber - 1) * partSizeBytes;
    const plaintextBytes = Math.min(partSizeBytes, (sizeBytes ?? Number.POSITIVE_INFINITY) - startBytes);
    const sending = this.#send(partNumber, bytes, crc64, plaintextBytes)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#fail(error);
      })
      .finally(() => {
        this.#sending.delete(sending);
        this.#buffers.give(new Uint8Array(bytes.buffer));
      });
    this.#sending.add(sending);
  }

  async #send(
    partNumber: number,
    bytes: Uint8Array,
    crc64: string | undefined,
    plaintextBytes: number,
  ): Promise<void> {
    const { checkpoint, finished } = this.#upload;
    const recorded = await checkpoint?.record(partNumber, bytes);
    if (recorded === 'changed') throw new SourceChangedError(partNumber);
    const known = recorded === 'same' ? this.#stored.get(partNumber) : undefined;
    // Of a finished upload nothing is sent: the sum of the whole is compared at the end.
    const isThere = known !== undefined && (finished !== undefined || (await isPartOf(bytes, crc64, known)));
    const etag = isThere ? known.etag : await this.#put(partNumber, bytes, crc64, plaintextBytes);
    this.parts.push({ partNumber, etag, sizeBytes: bytes.length, crc64 });
    this.#sentBytes.delete(partNumber);
    this.#transferredBytes += plaintextBytes;
    this.#tellProgress();
  }

  #tellProgress(): void {
    const { onProgress } = this.#writing;
    if (onProgress === undefined) return;
    const underWay = [...this.#sentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    onProgress({
      transferredBytes: this.#transferredBytes + underWay,
      totalBytes: this.#upload.plan.sizeBytes,
    });
  }

  /** @returns the part's ETag */
  async #put(
    partNumber: number,
    bytes: Uint8Array,
    crc64: string | undefined,
    plaintextBytes: number,
  ): Promise<string> {
    const { context, key, signal } = this.#writing;
    const { uploadId } = this.#upload;
    const response = await partsOf(context.transport).put({
      key,
      uploadId,
      partNumber,
      body: {
        kind: 'bytes',
        bytes,
        onSent: scaledTo(plaintextBytes, bytes.length, (sentBytes) => {
          this.#sentBytes.set(partNumber, sentBytes);
          this.#tellProgress();
        }),
      },
      headers: this.#partHeaders,
      signal,
    });
    const { etag } = response.headers;
    if (etag === undefined) {
      throw new TransportError(
        "The server gave no ETag for a part. In a browser, expose the header ETag in the bucket's CORS rules.",
        { retryable: false },
      );
    }
    assertStored(response, crc64);
    return etag;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
