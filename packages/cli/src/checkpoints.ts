import { createHash } from 'node:crypto';
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { CheckpointStore } from '@oss-envelope/core';
import { fileCheckpoint } from '@oss-envelope/core/node';
import { inHome } from './settings/home.js';

/** What a transfer keeps, so that the same command goes on with it. */
export interface TransferCheckpoint {
  readonly store: CheckpointStore;
  /** Whether there is anything to go on with. */
  readonly isKept: () => Promise<boolean>;
}

/**
 * The checkpoint of a transfer, in the folder of this user's state. The same transfer finds it again: what makes it the same
 * are its `parts`, of which the endpoint is one, since two clouds may have buckets of one name.
 *
 * @returns undefined where there is no folder for it, or none that can be written to, as in a container whose disk is read-only:
 *   the transfer then begins anew each time
 */
export async function transferCheckpoint(
  parts: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<TransferCheckpoint | undefined> {
  const state = environment.XDG_STATE_HOME ?? '';
  // The specification of these folders has paths that are not absolute ignored.
  const folder = isAbsolute(state)
    ? join(state, 'oss-envelope')
    : inHome(['.local', 'state', 'oss-envelope']);
  if (folder === undefined) return undefined;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch {
    return undefined;
  }
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const path = join(folder, `${digest.slice(0, 32)}.checkpoint`);
  return {
    store: fileCheckpoint(path),
    isKept: async () => ((await stat(path).catch(() => undefined))?.size ?? 0) > 0,
  };
}
