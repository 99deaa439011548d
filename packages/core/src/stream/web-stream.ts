interface Reading {
  readonly reader: ReadableStreamDefaultReader;
  givenUp?: { readonly reason: unknown };
}

/** The streams that are being read: one that is silent can be cancelled only through its reader. */
const readings = new WeakMap<ReadableStream, Reading>();

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

/** Cancels a stream, also one that `iterateStream` is reading. Does not wait for it, and never throws. */
export function cancelStream(stream: ReadableStream, reason: unknown): void {
  const reading = readings.get(stream);
  if (reading !== undefined) {
    reading.givenUp = { reason };
    reading.reader.cancel(reason).catch(() => {});
  } else if (!stream.locked) {
    stream.cancel(reason).catch(() => {});
  }
}

/** A web stream of chunks, pulled as its reader reads: nothing is fetched ahead. Cancelling it leaves the iteration. */
export function streamOf(iterator: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(): Promise<void> {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
