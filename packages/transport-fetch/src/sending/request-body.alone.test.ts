import { afterAll, expect, it, vi } from 'vitest';

vi.doMock('./chunk-body.js', () => {
  throw new TypeError('Failed to fetch https://user:secret@example.com/assets/1.js');
});
vi.resetModules();
const { Exchange } = await import('./exchange.js');
const { requestBody } = await import('./request-body.js');
afterAll(() => {
  vi.doUnmock('./chunk-body.js');
  vi.resetModules();
});

const options = { canStream: true, maxBufferedUploadBytes: 10 };

it.each([
  ['bytes', { kind: 'bytes', bytes: new Uint8Array(256 * 1024 + 1) }],
  ['chunks', { kind: 'chunks', chunks: (async function* () {})(), sizeBytes: undefined }],
] as const)('a long body of %s whose module cannot be loaded is a typed error', async (_, body) => {
  const failure = await requestBody(body, new Exchange(undefined, 60_000), options).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
  expect((failure as Error).message).toMatch(/could not be loaded/);
  expect((failure as Error).message).not.toContain('example.com');
});

it('a body of few bytes needs no module', async () => {
  const body = { kind: 'bytes', bytes: new Uint8Array(256 * 1024) } as const;
  const { contentLength } = await requestBody(body, new Exchange(undefined, 60_000), options);
  expect(contentLength).toBe(256 * 1024);
});
