// Changes an object that is there, by one call; whoever starts this program may kill it at any moment.
// usage: node change-object.mjs ENDPOINT CALL-JSON OLD-PAIR-FILE NEW-PAIR-FILE
// CALL-JSON: { "call": "rewrap", "args": ["key", { }], "format": "sealed" }
import { readFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const [endpoint, text, ...pairs] = process.argv.slice(2);
const { call, args, format } = JSON.parse(text);
const [oldProvider, newProvider] = await Promise.all(
  pairs.map(async (path) => rsaProvider(JSON.parse(await readFile(path, 'utf8')))),
);
const bucket = new EncryptedBucket({
  transport: fetchTransport({
    endpoint,
    bucket: 'bucket',
    region: 'cn-hangzhou',
    credentials: { ...defaultOssAccount },
    retries: 0,
  }),
  provider: newProvider,
  otherProviders: [oldProvider],
  format,
});
await bucket[call](...args);
