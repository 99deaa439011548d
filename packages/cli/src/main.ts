import { readFile } from 'node:fs/promises';
import { isResumable } from './commands/cp.js';
import { errorRecord } from './outcome.js';
import { type ExitCode, exitCode, exitCodeOf } from './output/exit-code.js';
import { Printer } from './output/printer.js';
import { createProgram, isHelp, isUsageTold } from './program.js';
import { Session } from './session.js';

// A reader that goes away (`| head`) is no failure; a disk that is full is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  process.stderr.write(`oss-envelope: standard output cannot be written to (${error.code}).\n`);
  process.exit(exitCode.other);
});
process.stderr.on('error', () => process.exit(exitCode.other));

const interruption = new AbortController();
let interruptions = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    interruptions++;
    if (interruptions > 1) process.exit(exitCode.interrupted);
    interruption.abort(new DOMException('The program was interrupted.', 'AbortError'));
  });
}

let status: ExitCode = exitCode.done;

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const program = createProgram(version, async (flags, work) => {
  const session = new Session(flags, interruption.signal);
  try {
    status = await work(session);
  } catch (error) {
    status = failed(session.printer, error);
  }
});

function failed(printer: Printer, error: unknown): ExitCode {
  if (interruption.signal.aborted) {
    printer.note(printer.text(isResumable(error) ? 'goOn' : 'interrupted'));
    return exitCode.interrupted;
  }
  printer.failure(error);
  printer.record({ status: 'failed', error: errorRecord(error) });
  return exitCodeOf(error);
}

// A shell asks for what can follow by `complete -- …`, and its user for the script that asks by `complete SHELL`.
if (process.argv[2] === 'complete') {
  const { default: completion } = await import('@bomb.sh/tab/commander');
  completion(program);
}
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!isHelp(error)) {
    if (!isUsageTold(error)) {
      new Printer({}, { out: process.stdout, errors: process.stderr }, process.env).failure(error);
    }
    status = exitCode.usage;
  }
}
process.exitCode = status;
