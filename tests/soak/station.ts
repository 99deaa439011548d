// The services that runs stand on, for some runs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultOssAccount,
  type LocalKms,
  type LocalOss,
  startKms,
  startOss,
} from '@oss-envelope/local-cloud';
import { type LyingProxy, startLyingProxy } from '../support/lying-proxy.js';
import { type Access, agent, transportOf } from './call.js';
import { type KeyAge, type MasterKeys, makeMasterKeys } from './keys.js';
import type { TransportName } from './plan.js';

/** An OSS, a KMS, a proxy before the OSS, master keys and a folder. */
export interface Station {
  readonly oss: LocalOss;
  readonly kms: LocalKms;
  readonly proxy: LyingProxy;
  readonly keys: Readonly<Record<KeyAge, MasterKeys>>;
  readonly folder: string;
  close(): Promise<void>;
}

/** Longer than the busiest machine is silent. */
const patientMs = 30_000;

export async function openStation(): Promise<Station> {
  const [oss, kms, folder] = await Promise.all([
    startOss({ buckets: ['bucket'] }),
    startKms(),
    mkdtemp(join(tmpdir(), 'oss-envelope-soak-')),
  ]);
  const proxy = await startLyingProxy(oss.port);
  const [newKeys, oldKeys] = await Promise.all([makeMasterKeys(kms), makeMasterKeys(kms)]);
  return {
    oss,
    kms,
    proxy,
    keys: { new: newKeys, old: oldKeys },
    folder,
    async close() {
      agent.destroy();
      await proxy.close();
      await Promise.all([oss.close(), kms.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Access that nothing disturbs. */
export function soundAccess({ oss, kms, keys }: Station, transport: TransportName): Access {
  return {
    transport,
    endpoint: oss.endpoint,
    kmsUrl: kms.url,
    keys,
    credentials: { ...defaultOssAccount },
    retries: 3,
    idleTimeoutMs: patientMs,
    clockOffsetMs: 0,
  };
}

/** Drops uploads that are open, as a lifecycle rule does. */
export async function dropUploads(station: Station): Promise<void> {
  const uploads = station.oss.uploads('bucket');
  if (uploads.length === 0) return;
  const { parts } = await transportOf(soundAccess(station, 'fetch'));
  for (const { key, uploadId } of uploads) {
    await parts?.drop({ key, uploadId, headers: {}, signal: undefined });
  }
}
