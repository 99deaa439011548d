import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import * as z from 'zod/mini';
import { CheckpointError } from '../errors/errors.js';
import { isSystemError } from './own-file.js';
import { TemporaryFile } from './temporary-file.js';

/** Who holds a lock. A process is known by its number and its start, since numbers are used again. */
const holderSchema = z.strictObject({
  token: z.string(),
  host: z.string(),
  pid: z.int().check(z.minimum(1)),
  started: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Takes the lock that the file at `path` stands for. A lock whose process is gone is taken over.
 *
 * @returns gives the lock back
 * @throws CheckpointError when another holds it
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const own: Holder = {
    token: randomUUID(),
    host: hostname(),
    pid: process.pid,
    started: await startOf(process.pid),
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create(path, own)) return () => release(path, own);
    const holder = await readHolder(path);
    // It was given back just now.
    if (holder === undefined) continue;
    if (await isAlive(holder)) throw inUse(path);
    await breakLock(path, holder, own);
  }
  throw inUse(path);
}

/** Removes a lock of a process that is gone. Only one process may ever remove a given lock: the first to make the mark. */
async function breakLock(path: string, { token }: Holder, own: Holder): Promise<void> {
  const mark = `${path}.${token}`;
  if (!(await create(mark, own))) {
    const breaker = await readHolder(mark);
    if (breaker !== undefined && !(await isAlive(breaker))) await rm(mark, { force: true });
    return;
  }
  try {
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  } finally {
    await rm(mark, { force: true });
  }
}

async function release(path: string, own: Holder): Promise<void> {
  if ((await readHolder(path))?.token === own.token) await rm(path, { force: true });
}

/** Makes a lock with all of its content, or not at all; false when there is one. */
async function create(path: string, content: Holder): Promise<boolean> {
  const file = await TemporaryFile.open(path);
  try {
    await file.handle.writeFile(JSON.stringify(content));
    return await file.claim();
  } finally {
    await file.discard();
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    // Not ours: nobody can say that its process is gone.
    throw inUse(path);
  }
}

async function isAlive({ host, pid, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (isSystemError(error, 'ESRCH')) return false;
  }
  return (await startOf(pid)) === started;
}

/** When a process started, as Linux tells (proc(5), field 22 of `stat`); elsewhere nothing, so that its number decides. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; what follows it are numbers.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function inUse(path: string): CheckpointError {
  return new CheckpointError(
    `Another transfer uses this checkpoint or temporary file: the lock ${path} exists. Wait for that transfer. If none is running on any machine, remove the lock.`,
  );
}
