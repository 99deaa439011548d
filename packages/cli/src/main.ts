import { readFile } from 'node:fs/promises';
import { helpLanguageOf } from './help/help-language.js';
import { flushed, OutputError, watchEnding } from './output/ending.js';
import { errorRecord, failureRecord } from './output/error-record.js';
import { type ExitCode, exitCode, exitCodeOf } from './output/exit-code.js';
import { languageOf, Printer } from './output/printer.js';
import { createProgram, isHelp, isUsageTold, usageMessage, wantsOf } from './program.js';
import { Session } from './session.js';

let session: Session | undefined;

const ending = watchEnding(
  { stdout: process.stdout, stderr: process.stderr, on: (name, listener) => process.on(name, listener) },
  () => {
    const { reason } = ending.signal;
    process.exit(reason instanceof OutputError ? exitCode.other : exitCode.interrupted);
  },
  () => session?.printer.note(session.printer.text('cleaningUp')),
);

let status: ExitCode = exitCode.done;

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const program = createProgram(
  version,
  async (flags, work) => {
    session = new Session(flags, ending);
    try {
      status = await work(session);
    } catch (error) {
      status = failed(session, error);
    }
  },
  await helpLanguageOf(languageOf(process.env)),
);

function failed({ printer, isCheckpointKept }: Session, error: unknown): ExitCode {
  const { reason } = ending.signal;
  if (reason instanceof OutputError) {
    printer.failure(reason);
    return exitCode.other;
  }
  if (ending.signal.aborted) {
    const message = printer.text(isCheckpointKept ? 'goOn' : 'interrupted');
    printer.note(message);
    printer.record({
      status: 'interrupted',
      error: { code: 'ERR_INTERRUPTED', message },
      isCheckpointKept,
    });
    return exitCode.interrupted;
  }
  printer.failure(error);
  if (isCheckpointKept) printer.note(printer.text('goOnFailed'));
  printer.record(failureRecord(errorRecord(error)));
  return exitCodeOf(error);
}

if (process.argv[2] === 'complete') {
  const { addCompletion } = await import('./completion.js');
  await addCompletion(program, process.argv[3]);
}
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!isHelp(error)) {
    const { flags, isContentPrinted } = wantsOf(process.argv.slice(2));
    const printer = new Printer(flags, { out: process.stdout, errors: process.stderr }, process.env);
    if (isContentPrinted) printer.leaveOutputToContent();
    if (!isUsageTold(error)) printer.failure(error);
    printer.record(failureRecord({ code: 'ERR_USAGE', message: usageMessage(error) }));
    status = exitCode.usage;
  }
}
await flushed(process.stdout, ending);
if (ending.signal.reason instanceof OutputError && status === exitCode.done) {
  session?.printer.failure(ending.signal.reason);
  status = exitCode.other;
}
// Whoever has stopped reading, or writing, must not hold a program that was told to end.
if (ending.signal.aborted) process.exit(status);
process.exitCode = status;
