import type { FailureRecord, JobReport, ObjectOutcome, Tally, Wish } from '@oss-envelope/jobs';
import { type ExitCode, exitCode, exitCodeOfFailure, worse } from '../../output/exit-code.js';
import { formatSize, printable } from '../../output/printable.js';
import type { Printer } from '../../output/printer.js';
import { formatTable } from '../../output/table.js';

/** Shows how a job goes, on a terminal: how many objects, how fast. */
export async function jobProgress(
  printer: Printer,
): Promise<{ readonly add: (outcome: ObjectOutcome) => void; readonly stop: () => void }> {
  if (!printer.showsProgress) return { add: () => {}, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: '{text}  {rate}/s  {duration_formatted}',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  const counts = { done: 0, skipped: 0, failed: 0, gone: 0 };
  const startedAt = Date.now();
  let total = 0;
  bar.start(0, 0, { text: '', rate: 0 });
  return {
    add({ kind }) {
      counts[kind]++;
      total++;
      const seconds = Math.max(1, (Date.now() - startedAt) / 1000);
      bar.update(total, { text: printer.text('jobProgress', counts), rate: Math.round(total / seconds) });
    },
    stop: () => bar.stop(),
  };
}

const statusOfWish = { run: 'open', pause: 'paused', cancel: 'cancelled' } as const;

/** Shows how far a job is. */
export function showStatus(
  printer: Printer,
  {
    place,
    wish,
    tally,
    holes,
    ranges,
  }: {
    readonly place: string;
    readonly wish: Wish;
    readonly tally: Tally;
    readonly holes: number;
    readonly ranges: number;
  },
): void {
  printer.record({
    status: holes === 0 ? 'complete' : statusOfWish[wish],
    place,
    ranges,
    holes,
    tally,
  });
  printer.line(
    `${printable(place)}: ${printer.text(holes === 0 ? 'jobComplete' : wish === 'run' ? 'jobOpen' : wish === 'pause' ? 'jobPaused' : 'jobCancelled')}`,
  );
  printer.line(tallyTable(printer, tally));
}

/** Shows a report. @returns the status that it ends the program with */
export function showReport(printer: Printer, report: JobReport, failuresAt: string): ExitCode {
  const { tally } = report;
  printer.record({ status: report.isComplete ? 'complete' : 'open', ...report });
  printer.line(tallyTable(printer, tally));
  for (const [title, counts] of [
    ['jobFormats', tally.byFormat],
    ['jobWriters', tally.byWriter],
    ['jobKeys', tally.byKey],
    ['jobSkipReasons', tally.bySkip],
    ['jobFailureCodes', tally.byFailure],
  ] as const) {
    const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
    if (rows.length === 0) continue;
    printer.line(`\n${printer.text(title)}`);
    printer.line(formatTable(rows.map(([name, times]) => ['  ', printable(name), String(times)])));
  }
  printer.line('');
  if (!report.isComplete) printer.line(printer.text('jobIncomplete', { holes: report.holes.length }));
  if (!report.isBalanced) printer.warning(printer.text('jobUnbalanced'));
  const { task, grade } = report.job;
  if (task === 'encrypt' || task === 'reencrypt') printer.line(printer.text(promiseNames[grade]));
  if (task === 'rewrap' || task === 'reencrypt' || task === 'report') {
    printer.line(printer.text(report.oldKeyMayBeDisabled ? 'jobOldKeyFree' : 'jobOldKeyNeeded'));
    for (const reason of report.reasons) printer.line(`  - ${printable(reason)}`);
  }
  if (tally.failed > 0)
    printer.note(printer.text('jobFailuresAt', { count: tally.failed, place: failuresAt }));
  if (!report.isBalanced) return exitCode.integrity;
  return Object.keys(tally.byFailure).reduce<ExitCode>(
    (worst, code) => worse(worst, exitCodeOfFailure(code)),
    exitCode.done,
  );
}

const promiseNames = {
  direct: 'jobPromiseDirect',
  stage: 'jobPromiseStage',
  versions: 'jobPromiseVersions',
} as const;

/** Shows one object that is not done. */
export function showFailure(printer: Printer, bucket: string, failure: FailureRecord): void {
  const { key, code, next, message } = failure;
  printer.line(`${code}  ${next}  ${printable(`oss://${bucket}/${key}`)}  ${printable(message)}`);
  printer.record({ place: `oss://${bucket}/${key}`, ...failure, status: 'failed' });
}

const countNames = {
  listed: 'jobListed',
  done: 'jobDone',
  skipped: 'jobSkipped',
  failed: 'jobFailed',
  gone: 'jobGone',
} as const;

function tallyTable(printer: Printer, tally: Tally): string {
  const rows = (['listed', 'done', 'skipped', 'failed', 'gone'] as const).map((name) => [
    '  ',
    printer.text(countNames[name]),
    String(tally[name]),
    formatSize(tally[`${name}Bytes`]),
  ]);
  return formatTable(rows);
}
