import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FetchTransportOptions, fetchTransport } from '../src/index.js';

const bucket = 'photos';
let oss: LocalOss;

beforeAll(async () => {
  oss = await startOss({ buckets: [bucket] });
});
afterEach(() => {
  oss.faults.clear();
  oss.requests.clear();
});
afterAll(() => oss.close());

function transportWith(options: Partial<FetchTransportOptions> = {}) {
  return fetchTransport({
    endpoint: oss.origin,
    bucket,
    region: oss.region,
    credentials: defaultOssAccount,
    ...options,
  });
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

describe.each(['v4', 'v1'] as const)('with signature version %s', (signatureVersion) => {
  it('puts, gets, looks at and deletes', async () => {
    const transport = transportWith({ signatureVersion });
    const bytes = new TextEncoder().encode('seize the day');
    const put = await transport.put({
      key: 'motto.txt',
      headers: { 'x-oss-meta-a': '1' },
      body: { kind: 'bytes', bytes },
    });
    expect(put.status).toBe(200);
    const got = await transport.get({ key: 'motto.txt', headers: {} });
    expect(await textOf(got.chunks)).toBe('seize the day');
    const head = await transport.head({ key: 'motto.txt', headers: {} });
    expect(head.headers['x-oss-meta-a']).toBe('1');
    const deleted = await transport.delete({ key: 'motto.txt', headers: {} });
    expect(deleted.status).toBe(204);
    expect(oss.hasObject(bucket, 'motto.txt')).toBe(false);
  });
});
