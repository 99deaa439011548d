import { type Reading, readings } from './web-stream.js';

/** A web stream's chunks. Leaving the iteration early cancels the stream; Safari's streams are not iterable as such. */
export async function* iterateStream<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  const reading: Reading = { reader };
  readings.set(stream, reading);
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // A stream that was cancelled ends like one that is whole.
      if (reading.givenUp) throw reading.givenUp.reason;
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    readings.delete(stream);
    reader.releaseLock();
  }
}
