// The figures of many runs.

/** A row for each fault, and the sums. */
export function summaryOf(reports, faults) {
  const count = (some, holds) => some.filter(holds).length;
  const rowOf = (name, some) => [
    name,
    `${some.length}`,
    `${count(some, ({ isStruck }) => isStruck)}`,
    ...['succeeded', 'failed', 'died'].map((kind) => `${count(some, ({ outcome }) => outcome === kind)}`),
    `${count(some, ({ complaints }) => complaints.length > 0)}`,
  ];
  const rows = faults.map((fault) =>
    rowOf(
      fault,
      reports.filter((report) => report.fault === fault),
    ),
  );
  const sum = (kind) => reports.reduce((all, { left }) => all + left[kind], 0);
  return {
    rows: [...rows, rowOf('all', reports)],
    total: {
      runs: reports.length,
      wrong: count(reports, ({ complaints }) => complaints.length > 0),
      uploads: sum('uploads'),
      files: sum('files'),
    },
  };
}
