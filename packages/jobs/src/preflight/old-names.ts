import {
  type BucketView,
  CapabilityMissingError,
  isOssEnvelopeError,
  type ListedVersion,
  type ListPlace,
} from '@oss-envelope/core';
import type { NamedKey } from '../contract/job.js';
import { descriptionIn, keyName } from '../contract/tally.js';
import { inParallel } from '../ledger/in-parallel.js';
import type { LeftBehind } from '../report/job-report.js';
import type { JobTools } from '../tasks/job-tools.js';
import { lookAtObject, type ObjectLook } from '../tasks/object-look.js';
import { isOwnKey } from '../tasks/own-names.js';

/** Where to look for names of keys that are to go. */
export interface OldNamesOptions {
  readonly tools: Pick<JobTools, 'transport'>;
  /** The keys that objects should have. What names another one is counted. */
  readonly wantedKeys: readonly NamedKey[];
  /** Only what begins with it. Default: all of the bucket. */
  readonly prefix?: string | undefined;
  /** How many versions are looked at at once. Default 16. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What names keys besides the current objects. */
export interface OldNames extends LeftBehind {
  /** Versions that are not the current ones, delete markers not among them. */
  readonly oldVersions: number;
  readonly deleteMarkers: number;
  /** Of `versionsUnderOtherKeys`: those whose envelope cannot be read, so that they may name any key. */
  readonly unreadableVersions: number;
  /** The keys that old versions name and that are not wanted, with how many do. */
  readonly byKey: Readonly<Record<string, number>>;
}

const mostNames = 200;

/**
 * Walks the versions that are not current and what belongs to jobs, one HEAD for each, and the unfinished uploads of a bucket. An old key is needed
 * as long as a version names it. What an unfinished upload names nobody can see before it is finished.
 *
 * @throws CapabilityMissingError when the transport cannot list them; as the transport
 */
export async function lookForOldNames({
  tools,
  wantedKeys,
  prefix = '',
  concurrency = 16,
  signal,
}: OldNamesOptions): Promise<OldNames> {
  const view = tools.transport.bucketView;
  if (view === undefined) {
    throw new CapabilityMissingError(
      'bucketView',
      'This transport cannot list versions and uploads. Use fetchTransport or aliOssTransport.',
    );
  }
  const wanted = new Set(wantedKeys.map((key) => descriptionIn(keyName(key))));
  const found = {
    oldVersions: 0,
    deleteMarkers: 0,
    versionsUnderOtherKeys: 0,
    unreadableVersions: 0,
    ownUnderOtherKeys: 0,
  };
  const byKey = new Map<string, number>();
  const count = (look: ObjectLook, isOwn: boolean): void => {
    const others = [...new Set(look.keys.map(keyName))].filter((name) => !wanted.has(descriptionIn(name)));
    const mayNameOthers = look.failure !== undefined || others.length > 0;
    if (isOwn) found.ownUnderOtherKeys += Number(mayNameOthers);
    else {
      found.oldVersions++;
      found.unreadableVersions += Number(look.failure !== undefined);
      found.versionsUnderOtherKeys += Number(mayNameOthers);
    }
    for (const name of others) {
      const place = byKey.has(name) || byKey.size < mostNames ? name : '(others)';
      byKey.set(place, (byKey.get(place) ?? 0) + 1);
    }
  };
  const old = async function* (): AsyncGenerator<ListedVersion> {
    for await (const version of versionsIn(view, prefix, signal)) {
      if (version.kind === 'delete-marker') found.deleteMarkers++;
      // What belongs to jobs, such as a staged copy that a killed process left, no job has looked at.
      else if (!version.isLatest || isOwnKey(version.key)) yield version;
    }
  };
  const looks = inParallel(old(), concurrency, async ({ key, versionId, isLatest }) => ({
    isLatest,
    look: await lookAtVersion(tools, key, isLatest ? undefined : versionId, signal),
  }));
  for await (const { look, isLatest } of looks) if (look !== undefined) count(look, isLatest);
  return {
    ...found,
    byKey: Object.fromEntries(byKey),
    unfinishedUploads: await countUploads(view, prefix, signal),
  };
}

/** Undefined for a version that was deleted meanwhile. */
async function lookAtVersion(
  tools: Pick<JobTools, 'transport'>,
  key: string,
  versionId: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ObjectLook | undefined> {
  try {
    return await lookAtObject(tools, key, signal, versionId);
  } catch (error) {
    if (isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404) return undefined;
    throw error;
  }
}

async function* versionsIn(
  view: BucketView,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedVersion> {
  let after: ListPlace | undefined;
  do {
    const page = await view.listVersions({ prefix, after, maxEntries: 1000, headers: {}, signal });
    yield* page.versions;
    after = page.next;
  } while (after !== undefined);
}

async function countUploads(
  view: BucketView,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0;
  let after: ListPlace | undefined;
  do {
    const page = await view.listUploads({ prefix, after, maxEntries: 1000, headers: {}, signal });
    count += page.uploads.length;
    after = page.next;
  } while (after !== undefined);
  return count;
}
