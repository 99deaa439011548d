import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runtimeFetch } from './node/runtime-fetch.js';
import { runtimeFetch as webFetch } from './web/runtime-fetch.js';

let server: Server;
let url: string;
let connections = 0;

beforeAll(async () => {
  server = createServer((_, response) => {
    response.setHeader('content-length', '5');
    response.end('hello');
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test('keeps its connections from request to request, HEADs too', async () => {
  for (const method of Array.from({ length: 10 }, () => ['GET', 'HEAD', 'HEAD']).flat()) {
    const response = await runtimeFetch(url, { method });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '5']);
    expect(await response.text()).toBe(method === 'GET' ? 'hello' : '');
  }
  // A body may end a moment before its connection is free for the next request, so undici makes a second one.
  expect(connections).toBeLessThanOrEqual(2);
});

test('takes any runtime as it is, and a dispatcher of the program', async () => {
  const symbol = Symbol.for('undici.globalDispatcher.1');
  const own = Reflect.get(globalThis, symbol);
  const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
  try {
    const init = { method: 'HEAD', headers: { a: 'b' } };
    Reflect.set(globalThis, symbol, undefined);
    await runtimeFetch(url, init);
    expect(fetch.mock.lastCall).toEqual([url, init]);
    const seen: unknown[] = [];
    const dispatcher = {
      dispatch(this: unknown, ...args: unknown[]) {
        seen.push(this, ...args);
        return true;
      },
    };
    Reflect.set(globalThis, symbol, dispatcher);
    await runtimeFetch(url, init);
    const sent = fetch.mock.lastCall?.[1] as typeof init & { dispatcher: typeof dispatcher };
    expect(sent).toMatchObject(init);
    const getting = { method: 'GET' };
    await runtimeFetch(url, getting);
    expect(fetch.mock.lastCall).toEqual([url, getting]);
    const handler = {};
    expect(sent.dispatcher.dispatch({ path: '/', reset: true }, handler)).toBe(true);
    expect(seen).toEqual([dispatcher, { path: '/', reset: false }, handler]);
  } finally {
    Reflect.set(globalThis, symbol, own);
    fetch.mockRestore();
  }
});

test('is the global one of a page, as it is at each call', async () => {
  const response = new Response();
  const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(response);
  try {
    expect(await webFetch(url, { method: 'HEAD' })).toBe(response);
    expect(fetch.mock.lastCall).toEqual([url, { method: 'HEAD' }]);
  } finally {
    fetch.mockRestore();
  }
});
