// How the memory of buffers comes and goes.

/**
 * Lifts glibc's dynamic thresholds for mmap and trimming, as any earlier large free in the process would (mallopt(3),
 * M_MMAP_THRESHOLD): without it two equal runs differ by a factor of two, depending on what else was freed before. A
 * no-op for other allocators.
 */
export function primeMalloc() {
  // A forced collection would do it too, but would also make V8 expect a heap as small as it then is, and collect up to a
  // hundred times a second in some of the runs.
  freeAtOnce([new ArrayBuffer(30 * 1024 * 1024)]);
}

const { port1: closed } = new MessageChannel();
closed.close();

/**
 * Frees the memory of ArrayBuffers as the client does, in the cheapest way that the runtime has: from Node 22 on, messages
 * would cost the bare cipher 3 to 5 % more. What is handed to a closed port is freed at once.
 */
export const freeAtOnce =
  ArrayBuffer.prototype.transfer === undefined
    ? (buffers) => closed.postMessage(undefined, buffers)
    : (buffers) => {
        for (const buffer of buffers) buffer.transfer(0);
      };
