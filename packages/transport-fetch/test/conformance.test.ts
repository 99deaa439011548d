import { selectCases, type TransportSubject, transportCases } from '@oss-envelope/conformance';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { startCallbackEcho } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, describe } from 'vitest';
import { fetchTransport } from '../src/index.js';

const oss = await startOss({ buckets: ['photos'], maxLoggedRequests: 5000 });
const callbacks = await startCallbackEcho();
afterAll(() => {
  callbacks.close();
  return oss.close();
});
const location = { endpoint: oss.origin, bucket: 'photos', region: oss.region };
const patience = { idleTimeoutMs: 400, sleep: async () => {} };
const requests = (key: string) => oss.requests.list().filter((request) => request.key === key);

/** Credentials of STS, of the nth issue. */
function token(issue: number) {
  const account = {
    accessKeyId: `STS.${issue}`,
    accessKeySecret: `secret-${issue}`,
    securityToken: `token-${issue}`,
  };
  oss.accounts.add(account);
  return account;
}

const versions = ['v4', 'v1'] as const;
const nextRow = inTurn(versions.length);
describe.each(versions)('the fetch transport with signatures of %s', (signatureVersion) => {
  const it = nextRow();
  const credentials = defaultOssAccount;
  const subject: TransportSubject = {
    createTransport: () => fetchTransport({ ...location, ...patience, credentials, signatureVersion }),
    secrets: [credentials.accessKeySecret],
    traits: { retries: 3, correctsClock: true },
    createRenewingTransport() {
      let renewals = 0;
      const credentials = async () => token(renewals++);
      const transport = fetchTransport({ ...location, ...patience, credentials, signatureVersion });
      return { transport, renewals: () => renewals };
    },
    faults: {
      origin: oss.origin,
      callbackUrl: callbacks.url,
      add: (fault) => oss.faults.add(fault),
      requests,
      store: (key, bytes, headers) => oss.putObject('photos', key, bytes, headers),
      activeRequests: (key) => requests(key).filter((request) => !request.finished).length,
    },
  };
  for (const { name, run } of selectCases(transportCases, subject).selected) it(name, () => run(subject));
});
