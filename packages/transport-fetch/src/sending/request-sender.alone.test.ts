import { afterAll, expect, it, vi } from 'vitest';

// The tests run on Node: a browser shows itself by what it can do.
const browser = {
  streamsRequests: false,
  browserInit: { credentials: 'omit', referrerPolicy: 'no-referrer' },
  readingInit: { cache: 'no-store' },
} as const;
vi.doMock('./fetch-features.js', () => ({ fetchFeatures: () => browser }));
vi.resetModules();
const { sendingTransport } = await import('./request-sender.js');
afterAll(() => {
  vi.doUnmock('./fetch-features.js');
  vi.resetModules();
});

it.each([
  ['GET', true],
  ['HEAD', true],
  ['PUT', false],
  ['POST', false],
  ['DELETE', false],
] as const)('in a browser, %s has no cookies; it goes by the cache: %s', async (method, isReading) => {
  let init: RequestInit | undefined;
  const fetch = async (_url: string, given: RequestInit): Promise<Response> => {
    init = given;
    return new Response(null);
  };
  let sending: Promise<unknown> | undefined;
  sendingTransport(
    async ({ headers }) => ({ url: 'https://oss.example/a', headers }),
    { fetch },
    undefined,
    (send) => {
      sending = send({ method, key: 'a', query: {}, headers: {} });
      return {} as never;
    },
  );
  await sending;
  expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'manual' });
  expect(init?.cache).toBe(isReading ? 'no-store' : undefined);
});

it('in a browser, a body of chunks is one block', async () => {
  let init: RequestInit | undefined;
  const fetch = async (_url: string, given: RequestInit): Promise<Response> => {
    init = given;
    return new Response(null);
  };
  const chunks = (async function* () {
    yield new Uint8Array(100_000);
  })();
  let sending: Promise<unknown> | undefined;
  sendingTransport(
    async ({ headers }) => ({ url: 'https://oss.example/a', headers }),
    { fetch },
    undefined,
    (send) => {
      const body = { kind: 'chunks', chunks, sizeBytes: 100_000 } as const;
      sending = send({ method: 'PUT', key: 'a', query: {}, headers: {}, body });
      return {} as never;
    },
  );
  await sending;
  expect(init?.body).toHaveLength(100_000);
});
