// The journal of a seed: one line for each run that is finished, after a line that says of which code they are.
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Opens the journal at `path`. Runs of other code prove nothing of this one, so a journal of another `digest` begins anew.
 *
 * @returns the reports so far, by number, and what adds one
 */
export async function openJournal(path, digest) {
  const reports = new Map();
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n');
  // A line that was being written when the process died is none, and must not spoil the next one.
  const half = lines.pop();
  const isOfThisCode = parsed(lines[0])?.digest === digest;
  if (isOfThisCode) {
    if (half !== '') await appendFile(path, '\n');
    for (const line of lines.slice(1)) {
      const { run, ...report } = parsed(line) ?? {};
      if (Number.isSafeInteger(run)) reports.set(run, report);
    }
  } else {
    await rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, `${JSON.stringify({ digest })}\n`);
  }
  return {
    reports,
    isOfOtherCode: lines.length > 0 && !isOfThisCode,
    async add(run, report) {
      reports.set(run, report);
      await appendFile(path, `${JSON.stringify({ run, ...report })}\n`);
    },
  };
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
