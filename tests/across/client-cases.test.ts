import { type ClientSubject, clientCases, selectCases } from '@oss-envelope/conformance';
import type { ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterAll, describe, expect } from 'vitest';

const oss = await startOss({ buckets: ['photos'], maxLoggedRequests: 5000 });
afterAll(() => oss.close());
const [pair, otherPair] = await Promise.all([rsaPair(), rsaPair(1)]);
const place = { bucket: 'photos', region: oss.region };
const patience = { idleTimeoutMs: 1500, sleep: async () => {} };
const requests = (key: string) => oss.requests.list().filter((request) => request.key === key);

const transports: readonly (readonly [string, () => ObjectTransport])[] = [
  [
    'ali-oss',
    () => {
      const options = { ...place, ...defaultOssAccount, region: `oss-${oss.region}`, endpoint: oss.endpoint };
      return aliOssTransport(new OSS({ ...options, sldEnable: true } as OSS.Options), patience);
    },
  ],
  [
    'fetch',
    () => {
      const credentials = { ...defaultOssAccount };
      return fetchTransport({ ...place, ...patience, credentials, endpoint: oss.endpoint });
    },
  ],
];

// The runs on all runtimes try these cases over fetch alone.
const nextRow = inTurn(transports.length);
describe.each(transports)('the client over %s', (_, createTransport) => {
  const it = nextRow();
  const subject: ClientSubject = {
    createTransport,
    createProvider: () => rsaProvider(pair),
    createOtherProvider: () => rsaProvider(otherPair),
    traits: { opensAsNoise: ['rsa-pkcs1'] },
    faults: {
      origin: oss.origin,
      add: (fault) => oss.faults.add(fault),
      requests,
      store: (key, bytes, headers) => oss.putObject('photos', key, bytes, headers),
      activeRequests: (key) => requests(key).filter((request) => !request.finished).length,
    },
  };
  const { selected, excluded } = selectCases(clientCases, subject);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
  it('is tried in every case', () => expect(excluded).toEqual([]));
});
