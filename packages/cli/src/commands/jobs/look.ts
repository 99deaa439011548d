import {
  addTallies,
  emptyTally,
  failuresOf,
  type Ledger,
  makeReport,
  openBucketLedger,
  openFileLedger,
  progressOf,
  readFileLedger,
  tile,
  type Wish,
  writeWishInFolder,
} from '@oss-envelope/jobs';
import { type ExitCode, exitCode } from '../../output/exit-code.js';
import { printable } from '../../output/printable.js';
import type { Session } from '../../session.js';
import { formatJobPlace, type JobPlace, parseJobPlace } from './job-place.js';
import { openJobSource } from './job-source.js';
import { showFailure, showReport, showStatus } from './job-view.js';
import { lookBehind } from './look-behind.js';

/** Shows how far a job is. Whoever works on it goes on. */
export async function status(session: Session, text: string): Promise<ExitCode> {
  const place = parseJobPlace(text);
  const { job, attempts, wish, expectation: expected } = await readJobAt(session, place);
  const source = await openJobSource(session, job, await session.transport(job.bucketName));
  const { tiles, holes } = tile(attempts, source.lanes);
  const tally = tiles.reduce((sum, attempt) => addTallies(sum, attempt.tally), emptyTally());
  showStatus(session.printer, {
    place: formatJobPlace(place),
    wish,
    tally,
    holes: holes.length,
    ranges: tiles.length,
    progress: progressOf({ job, tiles, attempts, lanes: source.lanes, expected }),
  });
  return exitCode.done;
}

/** Says what is wanted of a job; whoever works on it hears of it at the end of a page. */
export async function wish(session: Session, text: string, wanted: Wish): Promise<ExitCode> {
  const { printer } = session;
  const place = parseJobPlace(text);
  if (place.kind === 'folder') await writeWishInFolder(place.folder, wanted);
  else await (await openBucketLedger(await session.transport(place.bucket), place.id)).writeWish(wanted);
  const texts = { run: 'jobWillRun', pause: 'jobWillPause', cancel: 'jobWillCancel' } as const;
  printer.line(printer.text(texts[wanted], { place: printable(formatJobPlace(place)) }));
  printer.record({ status: 'ok', place: formatJobPlace(place), wish: wanted });
  return exitCode.done;
}

/** Makes the report of a job anew, and shows it. */
export async function report(session: Session, text: string): Promise<ExitCode> {
  const place = parseJobPlace(text);
  const ledger = await openAt(session, place);
  try {
    const transport = await session.transport(ledger.job.bucketName);
    const { lanes } = await openJobSource(session, ledger.job, transport);
    const behind = await lookBehind(session.printer, ledger.job, transport, session.signal);
    return showReport(session.printer, await makeReport(ledger, lanes, behind), formatJobPlace(place));
  } finally {
    await ledger.close();
  }
}

/** Lists what a job did not do: a line each, which `jobs start --keys-file` takes again with `--output json`. */
export async function failures(session: Session, text: string): Promise<ExitCode> {
  const place = parseJobPlace(text);
  const ledger = await openAt(session, place);
  try {
    const source = await openJobSource(session, ledger.job, await session.transport(ledger.job.bucketName));
    let found = 0;
    for await (const failure of failuresOf(ledger, source.lanes)) {
      found++;
      showFailure(session.printer, ledger.job.bucketName, failure);
    }
    return found > 0 ? exitCode.other : exitCode.done;
  } finally {
    await ledger.close();
  }
}

async function openAt(session: Session, place: JobPlace): Promise<Ledger> {
  if (place.kind === 'folder') return openFileLedger(place.folder);
  return openBucketLedger(await session.transport(place.bucket), place.id);
}

async function readJobAt(
  session: Session,
  place: JobPlace,
): Promise<Awaited<ReturnType<typeof readFileLedger>>> {
  // The folder is another process's to write; reading it takes nothing from that one.
  if (place.kind === 'folder') return readFileLedger(place.folder);
  const ledger = await openBucketLedger(await session.transport(place.bucket), place.id);
  const attempts = [];
  for await (const attempt of ledger.attempts()) attempts.push(attempt);
  const [wish, expectation] = await Promise.all([ledger.readWish(), ledger.readExpectation()]);
  return { job: ledger.job, attempts, wish, expectation };
}
