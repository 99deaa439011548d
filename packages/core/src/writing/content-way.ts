import { loaded } from '../adapter/lazy-module.js';
import { formats } from '../envelope/formats.js';
import { OutOfRangeError } from '../errors/errors.js';
import { maxBufferedBytes } from './buffered-content.js';
import { putBytes } from './one-request.js';
import { type PartPlan, planParts } from './part-plan.js';
import { peek } from './peeked-source.js';
import type { PutResult } from './put-result.js';
import type { BytesSource, Source } from './source.js';
import type { Writing } from './writing-context.js';

/** The way of a content to the server. */
type Way =
  /** Small, and in memory: one request. */
  | { readonly kind: 'bytes'; readonly source: BytesSource }
  /** One request, encrypted as it is sent. */
  | { readonly kind: 'stream'; readonly source: Source }
  /** A multipart upload. */
  | { readonly kind: 'parts'; readonly source: Source; readonly plan: PartPlan };

/**
 * Stores content of any kind and size: in parts what is large, and in one request what is small or cannot be sent in
 * parts.
 *
 * @throws as `EncryptedBucket.put`
 */
export async function writeByWay(writing: Writing, source: Source): Promise<PutResult> {
  const way = await chooseWay(writing, source);
  try {
    return await writeBy(way, writing);
  } finally {
    // What was begun to be read here. The content itself is given up by whoever gave it.
    if (way.source !== source && way.source.kind === 'chunks') way.source.giveUp?.();
  }
}

async function writeBy(way: Way, writing: Writing): Promise<PutResult> {
  if (way.kind === 'bytes') return putBytes(writing, way.source);
  // A page loads what is for large content when there is some.
  if (way.kind === 'stream') {
    const { putStream } = await loaded(import('./stream-request.js'));
    return putStream(writing, way.source);
  }
  const { putInParts } = await loaded(import('./parts-writing.js'));
  return putInParts(writing, way.source, way.plan);
}

/** The one decision: is the length known, is it in memory, does it come again, is it large? */
async function chooseWay(writing: Writing, source: Source): Promise<Way> {
  const { context, multipartThresholdBytes, checkpoint, signal } = writing;
  const { sizeBytes } = source;
  // A part size that cannot be used is told at once, and not only when content happens to be large.
  const plan = planParts(context.scheme, sizeBytes, writing.partSizeBytes);
  if (sizeBytes === undefined) return chooseWayOfUnknown(writing, source, plan);
  // Without a checkpoint there is nothing to gain from parts below the threshold.
  const inParts =
    checkpoint === undefined ? sizeBytes > multipartThresholdBytes : sizeBytes > plan.partSizeBytes;
  if (inParts) return { kind: 'parts', source, plan };
  const peeked = sizeBytes <= maxBufferedBytes ? await peek(source, maxBufferedBytes, signal) : source;
  return peeked.kind === 'bytes' && peeked.bytes.length <= maxBufferedBytes
    ? { kind: 'bytes', source: peeked }
    : { kind: 'stream', source: peeked };
}

async function chooseWayOfUnknown(writing: Writing, source: Source, plan: PartPlan): Promise<Way> {
  if (writing.checkpoint !== undefined) {
    throw new OutOfRangeError(
      'sizeBytes',
      'must be given with a checkpoint: an upload of unknown length cannot go on',
    );
  }
  // A multipart upload announces its length at its start, in the format that has headers for that.
  const mustAnnounce = formats[writing.context.format].announcesLength;
  const peekBytes = mustAnnounce ? maxBufferedBytes : plan.partSizeBytes;
  const peeked = await peek(source, peekBytes, writing.signal);
  if (peeked.kind === 'chunks') {
    return mustAnnounce ? { kind: 'stream', source: peeked } : { kind: 'parts', source: peeked, plan };
  }
  return peeked.bytes.length <= maxBufferedBytes
    ? { kind: 'bytes', source: peeked }
    : { kind: 'stream', source: peeked };
}
