// What a run must not leave behind.
import { getEventListeners } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { LocalOss, OssLoggedRequest } from '@oss-envelope/local-cloud';

/** How long a thing that goes away by itself is waited for. */
const patienceMs = 10_000;

/** Waits until something holds. @returns whether it did */
async function comesAbout(holds: () => boolean): Promise<boolean> {
  const deadlineMs = Date.now() + patienceMs;
  for (let pauseMs = 1; !holds(); pauseMs = Math.min(50, pauseMs * 2)) {
    if (Date.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return true;
}

/** Requests whose connection the client still holds. */
export async function openRequests(oss: LocalOss): Promise<string[]> {
  const open = (): readonly OssLoggedRequest[] => oss.requests.list().filter(({ finished }) => !finished);
  await comesAbout(() => open().length === 0);
  return open().map(({ operation, faults }) => `${operation} (${faults.join(', ')})`);
}

/** Files of a folder that this process still has open. */
export function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(`${folder}/`) || path === folder ? [path.slice(folder.length)] : [];
    } catch {
      return [];
    }
  });
}

/** How many still listen to a signal, when what was under way is over. */
export async function listenersOf(signal: AbortSignal): Promise<number> {
  const count = (): number => getEventListeners(signal, 'abort').length;
  await comesAbout(() => count() === 0);
  return count();
}

/** What keeps this process alive and may not: sockets, servers, timers, processes. */
export async function activeResources(known: readonly string[]): Promise<string[]> {
  const counted = /^(TCPSocketWrap|TCPServerWrap|PipeWrap|ProcessWrap|Timeout|FSReqPromise)$/;
  const rest = (): string[] => {
    const expected = [...known];
    return process.getActiveResourcesInfo().filter((name) => {
      if (!counted.test(name)) return false;
      const index = expected.indexOf(name);
      if (index >= 0) expected.splice(index, 1);
      return index < 0;
    });
  };
  // The waiting itself is a timer.
  await comesAbout(() => rest().length === 0);
  return rest();
}

/**
 * Open uploads that nobody accounts for. One is accounted for when the client may not know of it (the answer that named
 * it was struck, or its connection), or when it asked for its end and that was struck.
 *
 * @param isExcused - whether the process died or has a checkpoint, so that one may be open
 * @param mayBeChanged - whether something on the way changed answers, which the server cannot know
 */
export function danglingUploads(
  oss: LocalOss,
  { isExcused, mayBeChanged }: { readonly isExcused: boolean; readonly mayBeChanged: boolean },
): string[] {
  const requests = oss.requests.list();
  const open = oss.uploads('bucket').map(({ uploadId }) => uploadId);
  const isStruck = ({ faults, status }: OssLoggedRequest): boolean =>
    faults.length > 0 || status === undefined || status >= 300;
  // A connection that breaks under one request takes the next one along, whose answer then never comes.
  const isLost = ({ operation, faults }: OssLoggedRequest): boolean =>
    faults.some(
      (fault) => operation === 'InitiateMultipartUpload' || /reset|truncate|stall|lost/.test(fault),
    );
  const isStartStruck = mayBeChanged || requests.some(isLost);
  return open.filter((id) => {
    const own = requests.filter(({ query }) => query.uploadId === id);
    const drops = own.filter(({ operation }) => operation === 'AbortMultipartUpload');
    const isUnknown = own.length === 0 && isStartStruck;
    const isRefused = drops.length > 0 && drops.every(isStruck);
    return !(isExcused || isUnknown || isRefused);
  });
}
