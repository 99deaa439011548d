// The call of a run, in this process or in another one.
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { EncryptedBucket, type ObjectTransport } from '@oss-envelope/core';
import type { CredentialsInput } from '@oss-envelope/core/adapter';
import { fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import type OSS from 'ali-oss';
import { type KeyAge, type MasterKeys, providerOf } from './keys.js';
import { formats, type RunPlan, type TransportName } from './plan.js';
import {
  downloadWay,
  isLarge,
  metadata,
  partSizeBytes,
  rangeOf,
  rangeSizeBytes,
  type Scene,
} from './scene.js';

/** How a bucket is reached. */
export interface Access {
  readonly transport: TransportName;
  readonly endpoint: string;
  readonly kmsUrl: string;
  readonly keys: Readonly<Record<KeyAge, MasterKeys>>;
  readonly credentials: CredentialsInput;
  readonly retries: number;
  readonly idleTimeoutMs: number;
  /** How far the clock of this side is off. */
  readonly clockOffsetMs: number;
}

/** Connections of this process over node:http, which are kept. */
export const agent: Agent = new Agent({ keepAlive: true });

/** The transport of a run. */
export async function transportOf(access: Access): Promise<ObjectTransport> {
  const { endpoint, credentials, retries, idleTimeoutMs, clockOffsetMs } = access;
  const common = { retries, idleTimeoutMs, sleep: async () => {} };
  if (access.transport === 'fetch') {
    const now = (): number => Date.now() + clockOffsetMs;
    return fetchTransport({ endpoint, bucket: 'bucket', region: 'cn-hangzhou', credentials, now, ...common });
  }
  // A process that is to be killed loads only what it needs.
  const [{ default: Client }, { aliOssTransport }] = await Promise.all([
    import('ali-oss'),
    import('@oss-envelope/transport-node'),
  ]);
  const none = { accessKeyId: 'none', accessKeySecret: 'none' };
  const place = { endpoint, sldEnable: true, region: 'oss-cn-hangzhou', bucket: 'bucket', agent };
  return aliOssTransport(new Client({ ...place, ...none } as OSS.Options), { credentials, ...common });
}

/** The bucket of a run: writes under a master key, and reads everything. */
export async function bucketOf(
  plan: Pick<RunPlan, 'format' | 'provider'>,
  access: Access,
  age: KeyAge = 'new',
): Promise<EncryptedBucket> {
  const { kmsUrl, retries, idleTimeoutMs, keys } = access;
  const provider = (of: KeyAge) =>
    providerOf(plan.provider, of, keys[of], access.transport, { kmsUrl, retries, timeoutMs: idleTimeoutMs });
  return new EncryptedBucket({
    transport: await transportOf(access),
    provider: provider(age),
    format: plan.format,
    reads: [...formats],
    ...(age === 'new' && { otherProviders: [provider('old')] }),
  });
}

/** Makes the call of a plan. @returns the bytes that it gives, if it gives any */
export async function makeCall(
  plan: RunPlan,
  scene: Scene,
  bucket: EncryptedBucket,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const { key, otherKey } = scene;
  switch (plan.operation) {
    case 'put':
      await put(plan, scene, bucket, { metadata, signal });
      return;
    case 'parts':
      await put(plan, scene, bucket, { ...inParts(plan), metadata, signal });
      return;
    case 'resumed upload': {
      const checkpoint = fileCheckpoint(scene.checkpoint);
      await putFile(bucket, key, scene.source, { ...inParts(plan), checkpoint, metadata, signal });
      return;
    }
    case 'get':
    case 'ranges':
    case 'resumed download':
      return download(plan, scene, bucket, signal);
    case 'rewrap':
      await bucket.rewrap(key, { signal });
      return;
    case 'copy':
      await bucket.copy(key, otherKey, { signal });
      return;
    case 'rename':
      await bucket.rename(key, otherKey, { signal });
      return;
    case 'reencrypt': {
      const { concurrency } = plan;
      const parts = isLarge(plan) ? { partSizeBytes: 1024 * 1024, concurrency } : {};
      await bucket.reencrypt(key, { ...parts, signal });
      return;
    }
  }
}

function inParts({ concurrency }: RunPlan) {
  return { partSizeBytes, concurrency, multipartThresholdBytes: 0 };
}

async function put(
  plan: RunPlan,
  { key, content }: Scene,
  bucket: EncryptedBucket,
  options: NonNullable<Parameters<EncryptedBucket['put']>[2]>,
): Promise<void> {
  const chunks = function* (): Generator<Uint8Array> {
    for (let at = 0; at < content.length; at += 30_000) yield content.subarray(at, at + 30_000);
  };
  if (plan.way < 0.4) await bucket.put(key, content, options);
  else if (plan.way < 0.7) {
    const sizeBytes = content.length;
    await bucket.put(key, Readable.from(chunks(), { objectMode: false }), { ...options, sizeBytes });
  } else await bucket.put(key, Readable.from(chunks(), { objectMode: false }), options);
}

async function download(
  plan: RunPlan,
  { key, target, content, checkpoint }: Scene,
  bucket: EncryptedBucket,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const concurrency = plan.concurrency + 1;
  switch (downloadWay(plan)) {
    case 'bytes':
      return (await bucket.get(key, { signal })).bytes();
    case 'chunks': {
      const all: Uint8Array[] = [];
      for await (const chunk of (await bucket.get(key, { signal })).chunks()) all.push(new Uint8Array(chunk));
      return Buffer.concat(all);
    }
    case 'range':
      return (await bucket.get(key, { range: rangeOf(plan), signal })).bytes();
    case 'handle': {
      const object = await bucket.open(key, { prefetchBytes: 1000, signal });
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < content.length; at += rangeSizeBytes) {
        const lengthBytes = Math.min(rangeSizeBytes, content.length - at);
        pieces.push(await object.read(at, lengthBytes, { signal }));
      }
      return Buffer.concat(pieces);
    }
    case 'sink': {
      const object = await bucket.open(key, { signal });
      const whole = new Uint8Array(object.sizeBytes);
      const sink = {
        async write(offsetBytes: number, bytes: Uint8Array) {
          whole.set(bytes, offsetBytes);
        },
      };
      await object.download(sink, { partSizeBytes: rangeSizeBytes, concurrency, signal });
      return whole;
    }
    case 'file': {
      if (plan.operation === 'get') await getToFile(bucket, key, target, { signal });
      else {
        const store = plan.operation === 'resumed download' ? fileCheckpoint(checkpoint) : undefined;
        const ranges = { partSizeBytes: rangeSizeBytes, concurrency };
        await getToFile(bucket, key, target, { ...ranges, checkpoint: store, signal });
      }
      return;
    }
  }
}
