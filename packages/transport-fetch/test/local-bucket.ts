import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { useServer } from '@oss-envelope/test-kit';
import type { FetchFunction, FetchTransportOptions } from '../src/index.js';

/** The bucket of these tests. */
export const bucket = 'photos';

/** Starts a local OSS for the tests of a file. Nothing that a test does to it outlives the test. */
export function useLocalOss(): { readonly oss: LocalOss; options(): FetchTransportOptions } {
  const running = useServer(() => startOss({ buckets: [bucket], cnames: { 'img.example.com': bucket } }));
  return {
    get oss() {
      return running();
    },
    /** Options that reach it. Retries do not wait. */
    options() {
      return {
        endpoint: running().origin,
        bucket,
        region: running().region,
        credentials: defaultOssAccount,
        sleep: async () => {},
      };
    },
  };
}

/** A `fetch` that connects to the local OSS whatever the URL's host, and sends that as `Host`: DNS without DNS. */
export function fetchAtPort(port: number): FetchFunction {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(url);
      const headers = { ...(init.headers as Record<string, string>), host };
      const options = {
        host: '127.0.0.1',
        port,
        method: init.method,
        path: pathname + search,
        headers,
        agent: false,
      };
      const request = httpRequest(options, (incoming) => {
        const entries = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        const status = incoming.statusCode ?? 0;
        const body = status === 204 ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        resolve(new Response(body, { status, headers: entries }));
      });
      request.on('error', reject);
      request.end(init.body as Uint8Array | null);
    });
}
