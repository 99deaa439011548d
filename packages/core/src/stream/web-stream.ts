/** A stream that is being read. */
export interface Reading {
  readonly reader: ReadableStreamDefaultReader;
  givenUp?: { readonly reason: unknown };
}

/** The streams that are being read: one that is silent can be cancelled only through its reader. */
export const readings: WeakMap<ReadableStream, Reading> = new WeakMap();

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
