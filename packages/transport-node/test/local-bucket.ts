import { Agent } from 'node:http';
import type { ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import OSS from 'ali-oss';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type AliOssTransportOptions, aliOssTransport } from '../src/index.js';

export const bucketName = 'photos';

/** A bucket on loopback, with transports to it that keep no connection open. */
export interface LocalBucket {
  readonly oss: LocalOss;
  transport(options?: TestOptions): ObjectTransport;
  client(options?: Partial<OSS.Options>): OSS;
}

export interface TestOptions extends AliOssTransportOptions {
  readonly client?: Partial<OSS.Options> & Record<string, unknown>;
}

/** Starts a local OSS for the tests of a file. After each test no request may be under way and no socket be open. */
export function useLocalBucket(): LocalBucket {
  let oss: LocalOss | undefined;
  const running = (): LocalOss => {
    if (!oss) throw new Error('the local OSS is not running yet');
    return oss;
  };
  beforeAll(async () => {
    oss = await startOss({ buckets: [bucketName] });
  });
  afterEach(async () => {
    running().faults.clear();
    await noOpenSockets(running());
  });
  afterAll(() => running().close());

  const client = (options: TestOptions['client'] = {}): OSS =>
    new OSS({
      ...defaultOssAccount,
      endpoint: running().endpoint,
      region: `oss-${running().region}`,
      bucket: bucketName,
      // not among the declared options
      ...{ sldEnable: true, agent: new Agent({ keepAlive: false }) },
      ...options,
    });
  return {
    get oss() {
      return running();
    },
    client,
    transport: ({ client: clientOptions, ...options } = {}) =>
      aliOssTransport(client(clientOptions), { sleep: async () => {}, ...options }),
  };
}

/** @throws when a connection stays open for two seconds */
export async function noOpenSockets(oss: LocalOss): Promise<void> {
  await until(
    () => oss.openSockets === 0,
    () => `${oss.openSockets} sockets of the server stayed open`,
  );
}

/** @throws when it does not become true within two seconds */
export async function until(condition: () => boolean, complaint: () => string): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  return Buffer.concat(all);
}

/** The error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

/** Bytes that look like nothing, the same for the same length. */
export function noise(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = 0x2545f491 ^ sizeBytes;
  for (let at = 0; at < sizeBytes; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

export async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
