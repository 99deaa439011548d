import {
  type Expectation,
  type Job,
  type JobTools,
  type ObjectSource,
  type Preflight,
  preflight,
} from '@oss-envelope/jobs';
import { formatDuration } from '../../output/duration.js';
import { printable } from '../../output/printable.js';
import type { Printer } from '../../output/printer.js';
import { prompted } from '../../output/prompt.js';
import { formatTable } from '../../output/table.js';
import { UsageError } from '../../output/usage-error.js';
import type { Session } from '../../session.js';
import { isWriting, type StartFlags } from './job-flags.js';

/**
 * Looks at all that a job needs, shows what it costs and sets off, and asks whether to begin.
 *
 * @returns whether to begin
 * @throws UsageError when the job cannot be begun, or nobody can be asked and --yes was not given
 */
export async function lookAndAsk(
  { printer, signal, interrupt }: Pick<Session, 'printer' | 'signal' | 'interrupt'>,
  {
    job,
    tools,
    source,
    flags,
    redis,
  }: {
    readonly job: Job;
    readonly tools: JobTools;
    readonly source: ObjectSource;
    readonly flags: StartFlags;
    readonly redis: string | undefined;
  },
  expected: Expectation | undefined,
): Promise<boolean> {
  const found = await preflight(job, {
    tools,
    source,
    redis,
    objects: expected?.objects,
    isDryRun: flags.dryRun,
    rates: { ossPerSecond: flags.rate ?? 2000, kmsPerSecond: flags.kmsRate ?? 1000 },
    signal,
  });
  show(printer, found, expected);
  // What writes nothing can do no harm, and tells by itself what it cannot do.
  if (!isWriting(job) || flags.dryRun) return true;
  if (found.isRefused) throw new UsageError(printer.text('jobRefused'));
  if (flags.yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new UsageError(printer.text('jobNotAsked'));
  const { default: confirm } = await import('@inquirer/confirm');
  return prompted({ signal, interrupt }, (context) =>
    confirm({ message: printer.text('jobAsk'), default: false }, context),
  );
}

function show(
  printer: Printer,
  { findings, estimate, sideEffects }: Preflight,
  expected: Expectation | undefined,
): void {
  printer.detail(formatTable(findings.map(({ name, verdict, what }) => [verdict, name, printable(what)])));
  for (const { name, verdict, what, fix } of findings) {
    if (verdict === 'ok') continue;
    const text = printable(`${name}: ${what}${fix === undefined ? '' : ` ${fix}`}`);
    if (verdict === 'warning') printer.warning(text);
    else printer.note(text);
  }
  const { perObject, requests, seconds } = estimate;
  printer.note(printer.text('jobPerObject', perObject));
  if (requests === undefined || seconds === undefined || expected === undefined) {
    printer.note(printer.text('jobTotalUnknown'));
  } else {
    printer.note(printer.text(expectedNames[expected.by], { objects: spelled(expected.objects) }));
    const { put, get, kms } = requests;
    const all = { put: spelled(put), get: spelled(get), kms: spelled(kms), time: formatDuration(seconds) };
    printer.note(printer.text('jobTotals', all));
  }
  printer.note(printer.text('jobPrices'));
  for (const effect of sideEffects) printer.note(`  - ${printable(effect)}`);
}

const expectedNames = {
  'bucket-statistics': 'jobExpectedByBucket',
  given: 'jobExpectedGiven',
  inventory: 'jobExpectedByInventory',
  'keys-file': 'jobExpectedByFile',
} as const satisfies Record<Expectation['by'], string>;

/** A number with its thousands apart, as both languages write them. */
function spelled(count: number): string {
  return count.toLocaleString('en-US');
}
