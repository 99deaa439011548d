/**
 * Lifts glibc's dynamic thresholds for mmap and trimming, as any earlier large free in the process would (mallopt(3),
 * M_MMAP_THRESHOLD): without it two equal runs differ by a factor of two, depending on what else was freed before. A
 * no-op for other allocators.
 */
export function primeMalloc() {
  const { port1 } = new MessageChannel();
  port1.close();
  // What is handed to a closed port is freed at once. A forced collection would do it too, but would also make V8
  // expect a heap as small as it then is, and collect up to a hundred times a second in some of the runs.
  port1.postMessage(undefined, [new ArrayBuffer(30 * 1024 * 1024)]);
}
