import { type ContentKey, encryptFreeing } from '../cipher/content-cipher.js';
import type {
  Headers,
  ObjectResponse,
  ObjectTransport,
  PartOperations,
  StoredPart,
} from '../contract/object-transport.js';
import { CapabilityMissingError, IntegrityError, ServiceError, TransportError } from '../errors/errors.js';
import type { OnProgress } from '../stream/progress.js';
import { untilAborted } from './content.js';
import { PartBuffers } from './part-buffers.js';
import { assertPartNumber, type PartPlan } from './part-plan.js';
import type { UploadCheckpoint } from './upload-checkpoint.js';

/** A multipart upload that was started on the server. */
export interface MultipartUpload {
  readonly transport: ObjectTransport;
  readonly key: string;
  readonly uploadId: string;
  readonly contentKey: ContentKey;
  readonly plan: PartPlan;
  /** Sent with every part: OSS compares the envelope's headers with those that the upload was started with. */
  readonly partHeaders: Headers;
  /** How many parts may be under way at once. */
  readonly concurrency: number;
  /** With one, a failure leaves the upload on the server, to go on later. */
  readonly checkpoint: UploadCheckpoint | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
}

/**
 * Encrypts plaintext from its first byte on, sends it in parts, and makes the object of them. Holds `concurrency` parts
 * of ciphertext in memory. Part n begins at the counter that its offset gives, because the parts are cut from one
 * keystream. A part that the server already has (after `resume`) is encrypted again and compared, not sent.
 *
 * @throws IntegrityError when the source differs from what was sent of it before
 * @throws what the source, the transport or the signal throws. The upload is then dropped, unless it has a checkpoint
 */
export async function uploadInParts(
  upload: MultipartUpload,
  plaintext: AsyncIterable<Uint8Array>,
): Promise<ObjectResponse> {
  const stored = await listStoredParts(upload);
  const failed = new AbortController();
  const signal =
    upload.signal === undefined ? failed.signal : AbortSignal.any([upload.signal, failed.signal]);
  const sender = new PartSender({ ...upload, signal }, stored, (reason) => failed.abort(reason));
  try {
    await sender.sendAll(untilAborted(plaintext, signal));
    const { transport, key, uploadId } = upload;
    const parts = sender.parts.toSorted((a, b) => a.partNumber - b.partNumber);
    const response = await partsOf(transport).finish({ key, uploadId, headers: {}, parts, signal });
    await upload.checkpoint?.delete();
    return response;
  } catch (error) {
    failed.abort(error);
    await sender.settled();
    if (upload.checkpoint === undefined || sender.sourceChanged) {
      await dropUpload(upload);
      await upload.checkpoint?.delete();
    }
    throw error;
  }
}

/** How long a failed call waits for the server to drop its upload; an aborted one must end within a second. */
const dropTimeoutMs = 10_000;
const dropTimeoutAfterAbortMs = 800;
/** The network that made the upload fail may make this fail as well, whatever the transport does about it. */
const dropAttempts = 3;

/** Drops an upload that will not go on. Best effort: the caller already has a better error. */
export async function dropUpload(
  upload: Pick<MultipartUpload, 'transport' | 'key' | 'uploadId' | 'signal'>,
): Promise<void> {
  const { transport, key, uploadId } = upload;
  const signal = AbortSignal.timeout(upload.signal?.aborted ? dropTimeoutAfterAbortMs : dropTimeoutMs);
  for (let attempt = 0; attempt < dropAttempts; attempt++) {
    try {
      await partsOf(transport).drop({ key, uploadId, headers: {}, signal });
      return;
    } catch (error) {
      if (!(error instanceof TransportError && error.retryable)) return;
    }
  }
}

async function listStoredParts(upload: MultipartUpload): Promise<ReadonlyMap<number, StoredPart>> {
  if (upload.checkpoint === undefined) return new Map();
  const { transport, key, uploadId, signal } = upload;
  const parts = await partsOf(transport).list({ key, uploadId, headers: {}, signal });
  return new Map(parts.map((part) => [part.partNumber, part]));
}

/** Whether a failure says that the server knows no such upload: it was finished, dropped, or is another bucket's. */
export function isVanishedUpload(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404;
}

class PartSender {
  readonly #upload: MultipartUpload;
  readonly #stored: ReadonlyMap<number, StoredPart>;
  readonly #fail: (reason: unknown) => void;
  readonly #buffers: PartBuffers;
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #transferredBytes = 0;
  /** The parts that the server has, in the order in which they got there. */
  readonly parts: StoredPart[] = [];
  /** Whether the source differs from what was sent of it before. */
  sourceChanged = false;

  /** `fail` makes everything stop that is under way. */
  constructor(
    upload: MultipartUpload,
    stored: ReadonlyMap<number, StoredPart>,
    fail: (reason: unknown) => void,
  ) {
    this.#upload = upload;
    this.#stored = stored;
    this.#fail = fail;
    this.#buffers = new PartBuffers(upload.concurrency, upload.plan.partSizeBytes);
  }

  async sendAll(plaintext: AsyncIterable<Uint8Array>): Promise<void> {
    const { contentKey, plan } = this.#upload;
    let buffer: Uint8Array<ArrayBuffer> | undefined;
    let filledBytes = 0;
    let partNumber = 1;
    for await (const ciphertext of encryptFreeing(plaintext, contentKey, { output: true })) {
      for (let offset = 0; offset < ciphertext.length; ) {
        if (buffer === undefined) {
          assertPartNumber(partNumber, plan);
          buffer = await this.#buffers.take();
          this.#check();
        }
        const piece = ciphertext.subarray(offset, offset + plan.partSizeBytes - filledBytes);
        buffer.set(piece, filledBytes);
        filledBytes += piece.length;
        offset += piece.length;
        if (filledBytes < plan.partSizeBytes) continue;
        this.#start(partNumber++, buffer, filledBytes);
        [buffer, filledBytes] = [undefined, 0];
      }
    }
    if (buffer !== undefined) this.#start(partNumber, buffer, filledBytes);
    await this.settled();
    this.#check();
  }

  /** Resolves when no part is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #start(partNumber: number, buffer: Uint8Array<ArrayBuffer>, sizeBytes: number): void {
    const sending = this.#send(partNumber, buffer.subarray(0, sizeBytes))
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#fail(error);
      })
      .finally(() => {
        this.#sending.delete(sending);
        this.#buffers.give(buffer);
      });
    this.#sending.add(sending);
  }

  async #send(partNumber: number, bytes: Uint8Array): Promise<void> {
    const { transport, checkpoint, plan, onProgress } = this.#upload;
    const recorded = await checkpoint?.record(partNumber, bytes);
    if (recorded === 'changed') {
      this.sourceChanged = true;
      throw new IntegrityError(
        `The content has changed since part ${partNumber} of it was sent, so the upload cannot go on and was dropped. ` +
          'Upload the content anew.',
      );
    }
    const stored = recorded === 'same' ? this.#stored.get(partNumber) : undefined;
    this.parts.push(
      stored !== undefined && holds(transport, stored, bytes) ? stored : await this.#put(partNumber, bytes),
    );
    this.#transferredBytes += bytes.length;
    onProgress?.({ transferredBytes: this.#transferredBytes, totalBytes: plan.sizeBytes });
  }

  async #put(partNumber: number, bytes: Uint8Array): Promise<StoredPart> {
    const { transport, key, uploadId, partHeaders, signal } = this.#upload;
    const body = { kind: 'bytes', bytes } as const;
    const request = { key, uploadId, partNumber, body, headers: partHeaders, signal };
    const { headers } = await partsOf(transport).put(request);
    const { etag } = headers;
    if (etag === undefined) {
      throw new TransportError(
        "The server gave no ETag for a part. In a browser, expose the header ETag in the bucket's CORS rules.",
        { retryable: false },
      );
    }
    const sum = transport.crc64?.create();
    sum?.update(bytes);
    return { partNumber, etag, sizeBytes: bytes.length, crc64: sum?.digest() };
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** @throws CapabilityMissingError when the transport has no parts */
export function partsOf(transport: ObjectTransport): PartOperations {
  if (transport.parts !== undefined) return transport.parts;
  throw new CapabilityMissingError(
    'parts',
    'This content has to go in parts, and the transport has none (`parts`). Use another transport, or raise multipartThresholdBytes.',
  );
}

/** Whether the stored part holds these bytes, as far as the server tells. */
function holds(transport: ObjectTransport, stored: StoredPart, bytes: Uint8Array): boolean {
  if (stored.sizeBytes !== bytes.length) return false;
  if (stored.crc64 === undefined || transport.crc64 === undefined) return true;
  const crc64 = transport.crc64.create();
  crc64.update(bytes);
  return crc64.digest() === stored.crc64;
}
