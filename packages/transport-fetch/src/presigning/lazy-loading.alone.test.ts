import { afterAll, expect, it, vi } from 'vitest';

vi.doMock('./presigning.js', () => {
  throw new TypeError('Failed to fetch dynamically imported module: https://user:secret@example.com/1.js');
});
vi.resetModules();
const { fetchTransport } = await import('../fetch-transport.js');
afterAll(() => {
  vi.doUnmock('./presigning.js');
  vi.resetModules();
});

it('what signs for others and cannot be loaded is a typed error', async () => {
  const transport = fetchTransport({
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    region: 'cn-hangzhou',
    bucket: 'photos',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
  });
  const failure = await transport
    .presign({ method: 'GET', key: 'k', headers: {}, expiresSeconds: 60 })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
  expect((failure as Error).message).toMatch(
    /A module of this package could not be loaded\. Check the network/,
  );
  expect((failure as Error).message).not.toContain('example.com');
  expect((failure as Error).cause).toBeUndefined();
});
