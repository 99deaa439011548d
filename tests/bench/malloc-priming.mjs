/**
 * Lifts glibc's dynamic thresholds for mmap and trimming, as any earlier large free in the process would (mallopt(3),
 * M_MMAP_THRESHOLD): without it two equal runs differ by a factor of two, depending on what else was freed before. A
 * no-op for other allocators. Needs `node --expose-gc`.
 */
export function primeMalloc() {
  Buffer.allocUnsafeSlow(30 * 1024 * 1024);
  globalThis.gc();
}
