// What something takes of the clock and of this process.

/** @returns `cost`, the sample of what `run` took; and `found`, what it gave */
export async function costOf(run) {
  const before = process.resourceUsage();
  const startMs = performance.now();
  const found = await run();
  const wallSeconds = (performance.now() - startMs) / 1000;
  const after = process.resourceUsage();
  const cost = {
    wallSeconds,
    userSeconds: (after.userCPUTime - before.userCPUTime) / 1e6,
    systemSeconds: (after.systemCPUTime - before.systemCPUTime) / 1e6,
    minorFaults: after.minorPageFault - before.minorPageFault,
    peakRssMebibytes: after.maxRSS / 1024,
  };
  return { cost, found };
}
