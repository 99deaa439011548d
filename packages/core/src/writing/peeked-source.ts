import { untilAborted } from '../stream/until-aborted.js';
import type { Source } from './source.js';
import { plaintextOf } from './source-reading.js';

/** A source in memory if it ends within `maxBytes`; otherwise one whose first bytes were read already. */
export async function peek(
  source: Source,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Source> {
  if (source.kind === 'bytes') return source;
  const iterator = plaintextOf(source, signal)[Symbol.asyncIterator]();
  const buffer = new Uint8Array(Math.min(maxBytes, source.sizeBytes ?? maxBytes));
  let filled = 0;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return { kind: 'bytes', sizeBytes: filled, bytes: buffer.subarray(0, filled) };
    if (filled + value.length > buffer.length) {
      const chunks = resumed(buffer.subarray(0, filled), value, iterator);
      return {
        kind: 'chunks',
        sizeBytes: source.sizeBytes,
        comesAgain: false,
        // The signal of the upload may be another one than that of the call.
        open: (own) => (own === signal ? chunks : untilAborted(chunks, own)),
        giveUp() {
          // What was begun listens to the signal, even if nobody opens the rest.
          (async () => iterator.return?.())().catch(() => {});
        },
      };
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
