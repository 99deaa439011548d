import { type ContentKey, encryptBytes, encryptFreeing } from '../cipher/content-cipher.js';
import type { PutOptions } from '../client/bucket-options.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { Headers, ObjectResponse, UploadBody } from '../contract/object-transport.js';
import { createContentKey, openContentKey } from '../envelope/content-key.js';
import { type Envelope, formatEnvelope, isEnvelopeHeader, parseEnvelope } from '../envelope/envelope.js';
import { formats } from '../envelope/formats.js';
import type { RandomBytes } from '../envelope/start-value.js';
import { assertMetadataSize } from '../envelope/user-metadata.js';
import { CheckpointError, OutOfRangeError } from '../errors/errors.js';
import type { ReadingContext } from '../reading/object-reading.js';
import { reportProgress } from '../stream/progress.js';
import { untilAborted } from './content.js';
import { dropUpload, isVanishedUpload, partsOf, uploadInParts } from './multipart-upload.js';
import { type PartPlan, planParts } from './part-plan.js';
import { loadUpload, UploadCheckpoint } from './upload-checkpoint.js';

/** What a bucket writes with; reading is for uploads that go on. */
export interface WritingContext extends ReadingContext {
  readonly provider: KeyProvider;
  readonly format: FormatName;
  readonly randomBytes: RandomBytes | undefined;
}

/** What was stored. */
export interface PutResult {
  readonly envelope: Envelope;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly requestId: string | undefined;
}

/** Content up to this size is encrypted in memory before it is sent, so that a transport can send it again. */
const maxBufferedBytes = 4 * 1024 * 1024;
const usualThresholdBytes = 32 * 1024 * 1024;
const usualConcurrency = 3;

/** One object to be written. */
interface Writing {
  readonly context: WritingContext;
  readonly key: string;
  /** The object's own headers, without an envelope. */
  readonly headers: Headers;
  readonly options: PutOptions;
}

/**
 * Encrypts and stores plaintext: in one request what is small, or cannot be sent in parts, and in parts what is large.
 *
 * @throws as `EncryptedBucket.put`
 */
export async function putContent(
  context: WritingContext,
  key: string,
  plaintext: UploadBody,
  headers: Headers,
  options: PutOptions,
): Promise<PutResult> {
  const { signal, multipartThresholdBytes = usualThresholdBytes, partSizeBytes, checkpoint } = options;
  const writing: Writing = { context, key, headers, options };
  const source =
    signal === undefined || plaintext.kind === 'bytes' ? plaintext : abortable(plaintext, signal);
  const sizeBytes = sizeOf(source);
  // A part size that cannot be used is told at once, and not only when content happens to be large.
  const plan = planParts(sizeBytes, partSizeBytes);
  if (sizeBytes === undefined) return putUnknownLength(writing, source, plan);
  // Without a checkpoint there is nothing to gain from parts below the threshold.
  const inParts =
    checkpoint === undefined ? sizeBytes > multipartThresholdBytes : sizeBytes > plan.partSizeBytes;
  if (inParts) {
    return putInParts(
      writing,
      source,
      (await resumeUpload(writing, plan)) ?? (await startUpload(writing, plan)),
    );
  }
  const created = await createKey(writing);
  return putAtOnce(
    writing,
    sizeBytes <= maxBufferedBytes ? await peek(source, maxBufferedBytes) : source,
    created,
  );
}

async function putUnknownLength(writing: Writing, source: UploadBody, plan: PartPlan): Promise<PutResult> {
  if (writing.options.checkpoint !== undefined) {
    throw new OutOfRangeError(
      'sizeBytes',
      'must be given with a checkpoint: an upload of unknown length cannot go on',
    );
  }
  const created = await createKey(writing);
  // A multipart upload announces its length at its start, in the format that has headers for that.
  const mustAnnounce = formats[writing.context.format].headers.parts !== undefined;
  const peeked = await peek(source, mustAnnounce ? maxBufferedBytes : plan.partSizeBytes);
  if (mustAnnounce || peeked.kind === 'bytes') return putAtOnce(writing, peeked, created);
  return putInParts(writing, peeked, await startUpload(writing, plan, created));
}

/** A fresh data key and the envelope that holds it, as far as that is known before the content is. */
type CreatedKey = Awaited<ReturnType<typeof createContentKey>>;

function createKey({ context, options }: Writing): Promise<CreatedKey> {
  const { provider, format, randomBytes } = context;
  const { contentMd5, signal } = options;
  return createContentKey(provider, format, { randomBytes, contentMd5, signal });
}

async function putAtOnce(writing: Writing, plaintext: UploadBody, created: CreatedKey): Promise<PutResult> {
  const { context, key, options } = writing;
  const { signal, onProgress } = options;
  const { contentKey } = created;
  const sizeBytes = sizeOf(plaintext);
  const envelope = { ...created.envelope, contentSizeBytes: sizeBytes };
  const headers = { ...writing.headers, ...formatEnvelope(envelope) };
  assertMetadataSize(headers);
  if (plaintext.kind === 'bytes' && plaintext.bytes.length <= maxBufferedBytes) {
    const body = { kind: 'bytes', bytes: await encryptBytes(plaintext.bytes, contentKey) } as const;
    const response = await context.transport.put({ key, body, headers, signal });
    onProgress?.({ transferredBytes: body.bytes.length, totalBytes: sizeBytes });
    return resultOf(envelope, response);
  }
  const encrypted = encryptFreeing(chunksOf(plaintext), contentKey, { output: true });
  const chunks = onProgress === undefined ? encrypted : reportProgress(encrypted, sizeBytes, onProgress);
  const response = await context.transport.put({
    key,
    body: { kind: 'chunks', sizeBytes, chunks },
    headers,
    signal,
  });
  return resultOf(envelope, response);
}

async function putInParts(
  writing: Writing,
  plaintext: UploadBody,
  started: StartedUpload,
): Promise<PutResult> {
  const { context, key, options } = writing;
  const { concurrency = usualConcurrency, signal, onProgress } = options;
  const { envelope, ...upload } = started;
  const partHeaders = formatEnvelope(envelope);
  const { transport } = context;
  const response = await uploadInParts(
    { ...upload, transport, key, partHeaders, concurrency, signal, onProgress },
    chunksOf(plaintext),
  );
  return resultOf(envelope, response);
}

/** A multipart upload that the server knows. */
interface StartedUpload {
  readonly uploadId: string;
  readonly envelope: Envelope;
  readonly contentKey: ContentKey;
  readonly plan: PartPlan;
  readonly checkpoint: UploadCheckpoint | undefined;
}

async function startUpload(writing: Writing, plan: PartPlan, created?: CreatedKey): Promise<StartedUpload> {
  const { envelope: unsized, contentKey } = created ?? (await createKey(writing));
  const { context, key, options } = writing;
  const { signal } = options;
  const { sizeBytes, partSizeBytes } = plan;
  const announcesParts = formats[context.format].headers.parts !== undefined;
  // As the official SDKs do: a multipart upload announces its sizes where the format has headers for them.
  const envelope: Envelope =
    announcesParts && sizeBytes !== undefined
      ? { ...unsized, parts: { dataSizeBytes: sizeBytes, partSizeBytes } }
      : { ...unsized, contentSizeBytes: sizeBytes };
  const headers = { ...writing.headers, ...formatEnvelope(envelope) };
  assertMetadataSize(headers);
  const { uploadId } = await partsOf(context.transport).start({ key, headers, signal });
  if (options.checkpoint === undefined || sizeBytes === undefined) {
    return { uploadId, envelope, contentKey, plan, checkpoint: undefined };
  }
  const state = { key, uploadId, headers, sizeBytes, partSizeBytes, source: options.sourceState ?? '' };
  const checkpoint = await UploadCheckpoint.begin(options.checkpoint, state, contentKey).catch(
    async (error: unknown) => {
      await dropUpload({ transport: context.transport, key, uploadId, signal });
      throw error;
    },
  );
  return { uploadId, envelope, contentKey, plan, checkpoint };
}

/**
 * The upload that the checkpoint store knows of, if it can go on. One that cannot (another source, other headers or
 * sizes, or the server has forgotten it) is dropped, and undefined is returned.
 *
 * @throws CheckpointError for a checkpoint that is damaged, was changed, or is of another object
 * @throws KeyUnwrapError, NoMatchingKeyError for one under another master key
 */
async function resumeUpload(writing: Writing, plan: PartPlan): Promise<StartedUpload | undefined> {
  const { context, key, options } = writing;
  const store = options.checkpoint;
  const saved = store === undefined ? undefined : await loadUpload(store);
  if (store === undefined || saved === undefined) return undefined;
  const { state } = saved;
  if (state.key !== key) {
    throw new CheckpointError(
      'The checkpoint is of another object. Use one store for each, or delete it to start anew.',
    );
  }
  const { signal } = options;
  const encryption = parseEnvelope(state.headers);
  if (encryption.kind === 'plain') {
    throw new CheckpointError(
      'The checkpoint holds no envelope, so it was changed. Delete it to start the upload anew.',
    );
  }
  const { envelope } = encryption;
  const { onUnknownDescription } = context;
  const contentKey = await openContentKey(envelope, context.providers, { onUnknownDescription, signal });
  const checkpoint = await UploadCheckpoint.resume(store, saved, contentKey);
  const { uploadId } = state;
  const { transport } = context;
  const matches =
    envelope.format === context.format &&
    state.sizeBytes === plan.sizeBytes &&
    state.partSizeBytes === plan.partSizeBytes &&
    state.source === (options.sourceState ?? '') &&
    sameHeaders(withoutEnvelope(state.headers), writing.headers);
  if (matches && (await isKnown(partsOf(transport).list({ key, uploadId, headers: {}, signal })))) {
    return { uploadId, envelope, contentKey, plan, checkpoint };
  }
  await dropUpload({ transport, key, uploadId, signal });
  await checkpoint.delete();
  return undefined;
}

async function isKnown(listing: Promise<unknown>): Promise<boolean> {
  return listing.then(
    () => true,
    (error: unknown) => {
      if (isVanishedUpload(error)) return false;
      throw error;
    },
  );
}

function withoutEnvelope(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isEnvelopeHeader(name)));
}

function sameHeaders(a: Headers, b: Headers): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function resultOf(envelope: Envelope, response: ObjectResponse): PutResult {
  return {
    envelope,
    etag: response.headers.etag,
    versionId: response.headers['x-oss-version-id'],
    requestId: response.headers['x-oss-request-id'],
  };
}

function abortable(body: UploadBody & { readonly kind: 'chunks' }, signal: AbortSignal): UploadBody {
  return { ...body, chunks: untilAborted(body.chunks, signal) };
}

function sizeOf(body: UploadBody): number | undefined {
  return body.kind === 'bytes' ? body.bytes.length : body.sizeBytes;
}

function chunksOf(body: UploadBody): AsyncIterable<Uint8Array> {
  return body.kind === 'bytes' ? inOneChunk(body.bytes) : body.chunks;
}

async function* inOneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The body in memory if it ends within `maxBytes`; otherwise the same chunks, the first of them read already. */
async function peek(body: UploadBody, maxBytes: number): Promise<UploadBody> {
  if (body.kind === 'bytes') return body;
  const iterator = body.chunks[Symbol.asyncIterator]();
  const buffer = new Uint8Array(Math.min(maxBytes, body.sizeBytes ?? maxBytes));
  let filled = 0;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return { kind: 'bytes', bytes: buffer.subarray(0, filled) };
    if (filled + value.length > buffer.length) {
      const chunks = resumed(buffer.subarray(0, filled), value, iterator);
      return { kind: 'chunks', sizeBytes: body.sizeBytes, chunks };
    }
    // The chunk is the source's again when the next one is asked for.
    buffer.set(value, filled);
    filled += value.length;
  }
}

async function* resumed(
  head: Uint8Array,
  chunk: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    yield chunk;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
