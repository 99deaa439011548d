// How to test code of your own that stores objects: a local OSS in the test, over real HTTP, and faults where you want
// them. It needs no account. `npx vitest run own-code.test.mjs`
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

/** The code to test: it gets its bucket from outside. */
async function saveInvoice(bucket, number, invoice) {
  const key = `invoices/${number}.json`;
  await bucket.put(key, JSON.stringify(invoice), { contentType: 'application/json', forbidOverwrite: true });
  return key;
}

let oss;
let bucket;
beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
  const { endpoint, region } = oss;
  bucket = new EncryptedBucket({
    transport: fetchTransport({ endpoint, bucket: 'photos', region, credentials: { ...defaultOssAccount } }),
    provider: rsaProvider(await generateRsaKeyPair({ modulusBits: 2048 })),
    format: 'sealed',
  });
});
beforeEach(() => oss.requests.clear());
afterAll(() => oss.close());

it('stores an invoice that can be read, and nothing of it in the clear', async () => {
  const key = await saveInvoice(bucket, 1, { total: 10 });
  expect(await (await bucket.get(key)).json()).toEqual({ total: 10 });
  const { bytes } = await oss.getObject('photos', key);
  expect(Buffer.from(bytes).includes('total')).toBe(false);
});

it('does not replace an invoice', async () => {
  await saveInvoice(bucket, 2, { total: 10 });
  const failure = await saveInvoice(bucket, 2, { total: 99 }).catch((error) => error);
  expect(failure.serviceCode).toBe('FileAlreadyExists');
});

it('survives a server that is busy', async () => {
  oss.faults.add({ kind: 'status', status: 503, match: { operation: 'PutObject' } });
  await saveInvoice(bucket, 3, { total: 10 });
  expect(oss.requests.of('PutObject').length).toBe(2);
});

it('sees that somebody changed an invoice', async () => {
  const key = await saveInvoice(bucket, 4, { total: 10 });
  await oss.corruptByte('photos', key, 60);
  await expect(bucket.verify(key)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
});
