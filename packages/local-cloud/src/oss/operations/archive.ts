import { OssError } from '../http/oss-error.js';
import type { StorageClass } from '../storage/object-attributes.js';
import type { StoredObject } from '../storage/stored-object.js';

const archives: ReadonlySet<StorageClass> = new Set(['Archive', 'ColdArchive', 'DeepColdArchive']);

/** Whether an object must be restored before it can be read. */
export function isArchived(object: StoredObject): boolean {
  return archives.has(object.attributes.storageClass);
}

/** Whether a restoration has neither ended nor expired, and how far it is. */
export function restorationState(object: StoredObject, now: Date): 'none' | 'ongoing' | 'restored' {
  const { restoration } = object;
  if (!restoration || restoration.expiresAt.getTime() <= now.getTime()) return 'none';
  return restoration.readyAt.getTime() > now.getTime() ? 'ongoing' : 'restored';
}

/** @throws {OssError} `InvalidObjectState` for an archived object that is not restored. */
export function assertReadable(object: StoredObject, now: Date): void {
  if (!isArchived(object) || restorationState(object, now) === 'restored') return;
  throw new OssError('InvalidObjectState', { details: { ObjectName: object.key } });
}

/** What the header `x-oss-restore` and the element `RestoreInfo` say; nothing when there was no restoration. */
export function restoreInfo(object: StoredObject, now: Date): string | undefined {
  const state = restorationState(object, now);
  if (state === 'none') return undefined;
  if (state === 'ongoing') return 'ongoing-request="true"';
  const expiry = object.restoration?.expiresAt.toUTCString() ?? '';
  return `ongoing-request="false", expiry-date="${expiry}"`;
}
