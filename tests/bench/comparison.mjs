// Makes costs and ratios of samples that were taken in turn.

const gibibyte = 1024 ** 3;

/** Median, least and greatest of numbers. */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return { median: (sorted[low] + sorted[high]) / 2, least: sorted[0], greatest: sorted.at(-1) };
}

/** How many times as much the baseline needs of something, round by round: above 1 where the samples' arm is better. */
export function ratios(samples, baseline, need) {
  return summary(samples.map((sample, round) => need(baseline[round]) / need(sample)));
}

/** What a sample took on the clock, and of its own process's CPU, user and system together. */
export const wall = ({ wallSeconds }) => wallSeconds;
export const cpu = ({ userSeconds, systemSeconds }) => userSeconds + systemSeconds;

/**
 * Compares arms that moved the same number of bytes.
 *
 * @param comparisons of each the `arm` and its `baseline`
 * @returns the cost of each arm in seconds per GiB, and the comparisons with their ratios in wall time and CPU time
 */
export function compareThroughput(samples, comparisons, sizeBytes) {
  const perGibibyte = (list, need) => (summary(list.map(need)).median * gibibyte) / sizeBytes;
  return {
    costs: Object.entries(samples).map(([arm, list]) => ({
      arm,
      wallSeconds: perGibibyte(list, wall),
      userSeconds: perGibibyte(list, ({ userSeconds }) => userSeconds),
      systemSeconds: perGibibyte(list, ({ systemSeconds }) => systemSeconds),
      peakRssMebibytes: summary(list.map(({ peakRssMebibytes }) => peakRssMebibytes)).greatest,
    })),
    comparisons: comparisons.map((comparison) => {
      const [own, base] = [samples[comparison.arm], samples[comparison.baseline]];
      return { ...comparison, wall: ratios(own, base, wall), cpu: ratios(own, base, cpu) };
    }),
  };
}
