import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { fetchTransport } from '../src/index.js';
import { additionalHeaderNames } from '../src/signing/signature-v4.js';

it('the code of an error of another realm is told', async () => {
  const failure: unknown = runInNewContext(
    "new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) })",
  );
  const transport = fetchTransport({
    endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
    bucket: 'photos',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
    retries: 0,
    fetch: async () => {
      throw failure;
    },
  });
  await expect(transport.head({ key: 'k', headers: {} })).rejects.toThrow(/ECONNREFUSED/);
});

it('a name that every object has is no header', () => {
  expect(additionalHeaderNames({ headers: { range: 'bytes=0-1' } }, ['range', 'constructor'])).toEqual([
    'range',
  ]);
});
