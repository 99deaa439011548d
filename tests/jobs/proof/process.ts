import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program of tests/support/programs that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: { text: string; errors: string };
  /** Resolves to how it ended: its exit status, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The most memory that it has had, in MiB; undefined where the system does not tell, and for one that is over. */
  peakMib(): number | undefined;
}

/** @param folder - of the programs: a file URL that ends with a slash */
export function start(folder: string, program: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [fileURLToPath(new URL(program, folder)), ...args]);
  const output = { text: '', errors: '' };
  child.stdout.on('data', (text) => {
    output.text += text;
  });
  child.stderr.on('data', (text) => {
    output.errors += text;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
  return {
    child,
    output,
    ended,
    peakMib() {
      try {
        const [, kib] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        return kib === undefined ? undefined : Number(kib) / 1024;
      } catch {
        return undefined;
      }
    },
  };
}

/** What Node says on its own: of listeners, of rejections, of what will be gone. */
export function nodeWarnings(errors: string): readonly string[] {
  return errors.split('\n').filter((line) => /^\(node:\d+\).*Warning|Rejection/.test(line));
}
