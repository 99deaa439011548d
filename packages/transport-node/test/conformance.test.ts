import { selectCases, type TransportSubject, transportCases } from '@oss-envelope/conformance';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import OSS from 'ali-oss';
import { afterAll, describe, it } from 'vitest';
import { aliOssTransport } from '../src/index.js';

const oss = await startOss({ buckets: ['photos'], maxLoggedRequests: 5000 });
afterAll(() => oss.close());
const location = { endpoint: oss.endpoint, bucket: 'photos', region: `oss-${oss.region}`, sldEnable: true };
const patience = { idleTimeoutMs: 400, sleep: async () => {} };
const requests = (key: string) => oss.requests.list().filter((request) => request.key === key);

describe.each([true, false])('the transport on ali-oss with signatures of V4: %s', (authorizationV4) => {
  const options = { ...defaultOssAccount, ...location, authorizationV4 };
  const subject: TransportSubject = {
    createTransport: () => aliOssTransport(new OSS(options), patience),
    secrets: [defaultOssAccount.accessKeySecret],
    traits: { retries: 2 },
    faults: {
      origin: oss.origin,
      add: (fault) => oss.faults.add(fault),
      requests,
      activeRequests: (key) => requests(key).filter((request) => !request.finished).length,
    },
  };
  for (const { name, run } of selectCases(transportCases, subject).selected) it(name, () => run(subject));
});
