import type {
  Expectation,
  FailureRecord,
  JobProgress,
  JobReport,
  ObjectOutcome,
  Tally,
  Wish,
} from '@oss-envelope/jobs';
import { formatDuration } from '../../output/duration.js';
import { type ExitCode, exitCode, exitCodeOfFailure, worse } from '../../output/exit-code.js';
import { formatSize, printable } from '../../output/printable.js';
import type { Printer } from '../../output/printer.js';
import { progressLine } from '../../output/progress.js';
import { formatTable } from '../../output/table.js';

/** The seconds of late by which the rate is told. */
const windowSeconds = 60;

/**
 * Shows how a job goes, on a terminal: how many objects, how fast, and how long it takes where the number of objects is
 * known. Of this process alone.
 *
 * @param begun - how many objects there are, and were seen before; undefined where this process does a part of them
 */
export async function jobProgress(
  printer: Printer,
  begun?: { readonly expected: Expectation | undefined; readonly seen: number } | undefined,
): Promise<{ readonly add: (outcome: ObjectOutcome) => void; readonly stop: () => void }> {
  const line = await progressLine(printer, '{text}  {rate}/s  {duration_formatted}{left}', 0, {
    text: '',
    rate: 0,
    left: '',
  });
  if (line === undefined) return { add: () => {}, stop: () => {} };
  const counts = { done: 0, skipped: 0, failed: 0, gone: 0 };
  let total = 0;
  // How many there were, second by second.
  const marks: { readonly atMs: number; readonly total: number }[] = [{ atMs: performance.now(), total: 0 }];
  const perSecond = (): number => {
    const nowMs = performance.now();
    if (nowMs - (marks.at(-1)?.atMs ?? 0) >= 1000) marks.push({ atMs: nowMs, total });
    if (marks.length > windowSeconds) marks.shift();
    const [first] = marks as [(typeof marks)[number]];
    return (total - first.total) / Math.max(1, (nowMs - first.atMs) / 1000);
  };
  const timeLeft = (rate: number): string => {
    const left = begun?.expected === undefined ? undefined : begun.expected.objects - begun.seen - total;
    if (left === undefined || left < 0 || rate === 0) return '';
    return `  ${printer.text('jobTimeLeft', { time: formatDuration(left / rate) })}`;
  };
  return {
    add({ kind }) {
      counts[kind]++;
      total++;
      const rate = perSecond();
      const text = printer.text('jobProgress', counts);
      line.update(total, { text, rate: Math.round(rate), left: timeLeft(rate) });
    },
    stop: () => line.stop(),
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
    progress,
  }: {
    readonly place: string;
    readonly wish: Wish;
    readonly tally: Tally;
    readonly holes: number;
    readonly ranges: number;
    readonly progress: JobProgress;
  },
): void {
  printer.record({
    status: holes === 0 ? 'complete' : statusOfWish[wish],
    place,
    ranges,
    holes,
    tally,
    progress,
  });
  printer.line(
    `${printable(place)}: ${printer.text(holes === 0 ? 'jobComplete' : wish === 'run' ? 'jobOpen' : wish === 'pause' ? 'jobPaused' : 'jobCancelled')}`,
  );
  printer.line(tallyTable(printer, tally));
  if (holes > 0) for (const text of progressTexts(printer, progress)) printer.line(text);
}

/** How much of a job is done, how fast, and how long it will take; what is not known is said too. */
function progressTexts(
  printer: Printer,
  { seen, expected, perSecond, lastSignAt, secondsLeft }: JobProgress,
): readonly string[] {
  const rate = perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond);
  return [
    expected === undefined || expected.objects === 0
      ? printer.text('jobTotalUnknown')
      : printer.text(expected.isExact ? 'jobShareExact' : 'jobShare', {
          seen,
          objects: expected.objects,
          percent: Math.floor((100 * seen) / expected.objects),
        }),
    ...(lastSignAt === undefined
      ? []
      : [printer.text('jobRate', { rate, time: lastSignAt.toISOString().replace(/\.\d+/, '') })]),
    ...(secondsLeft === undefined
      ? []
      : [printer.text('jobStatusLeft', { time: formatDuration(secondsLeft) })]),
  ];
}

/** Shows a report. @returns the status that it ends the program with */
export function showReport(printer: Printer, report: JobReport, failuresAt: string): ExitCode {
  const { tally } = report;
  printer.record({ status: report.isComplete ? 'complete' : 'open', ...report });
  printer.line(tallyTable(printer, tally));
  if (report.changedSince !== undefined)
    printer.line(printer.text('jobChangedSince', { count: report.changedSince.listed }));
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
  if (tally.stagedLeft > 0) printer.warning(printer.text('jobStagedLeft', { count: tally.stagedLeft }));
  const { task, grade } = report.job;
  if (task === 'encrypt' || task === 'reencrypt') printer.line(printer.text(promiseNames[grade]));
  if (task === 'rewrap' || task === 'reencrypt' || task === 'report') {
    printer.line(printer.text(report.oldKeyMayBeDisabled ? 'jobOldKeyFree' : 'jobOldKeyNeeded'));
    for (const reason of report.reasons) printer.line(`  - ${printable(reason)}`);
  }
  if (tally.failed + tally.stagedLeft > 0)
    printer.note(
      printer.text('jobFailuresAt', { count: tally.failed + tally.stagedLeft, place: failuresAt }),
    );
  if (!report.isBalanced) return exitCode.integrity;
  return Object.keys(tally.byFailure).reduce<ExitCode>(
    (worst, code) => worse(worst, exitCodeOfFailure(code)),
    tally.stagedLeft > 0 ? exitCode.other : exitCode.done,
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
