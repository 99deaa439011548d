import { Agent } from 'node:http';
import type { CompleteObjectTransport } from '@oss-envelope/core/adapter';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { until, useServer } from '@oss-envelope/test-kit';
import OSS from 'ali-oss';
import { afterEach } from 'vitest';
import { type AliOssTransportOptions, aliOssTransport } from '../src/index.js';

export const bucketName = 'photos';

/** A bucket on loopback, with transports to it that keep no connection open. */
export interface LocalBucket {
  readonly oss: LocalOss;
  transport(options?: TestOptions): CompleteObjectTransport;
  client(options?: Partial<OSS.Options>): OSS;
}

export interface TestOptions extends AliOssTransportOptions {
  readonly client?: Partial<OSS.Options> & Record<string, unknown>;
}

/** Starts a local OSS for the tests of a file. After each test no request may be under way and no socket be open. */
export function useLocalBucket(): LocalBucket {
  const running = useServer(() => startOss({ buckets: [bucketName] }));
  afterEach(() => noOpenSockets(running()));

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

/** @throws when a connection stays open */
export async function noOpenSockets(oss: LocalOss): Promise<void> {
  await until(
    () => oss.openSockets === 0,
    () => `${oss.openSockets} sockets of the server stayed open`,
  );
}
