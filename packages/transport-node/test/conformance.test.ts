import { selectCases, type TransportSubject, transportCases } from '@oss-envelope/conformance';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { startCallbackEcho } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import OSS from 'ali-oss';
import { afterAll, describe } from 'vitest';
import { aliOssTransport } from '../src/index.js';

const oss = await startOss({ buckets: ['photos'], maxLoggedRequests: 5000 });
const callbacks = await startCallbackEcho();
afterAll(() => {
  callbacks.close();
  return oss.close();
});
const location = { endpoint: oss.endpoint, bucket: 'photos', region: `oss-${oss.region}`, sldEnable: true };
const patience = { idleTimeoutMs: 400, sleep: async () => {} };
const requests = (key: string) => oss.requests.list().filter((request) => request.key === key);

/** Credentials of STS, of the nth issue. */
function token(issue: number) {
  const account = {
    accessKeyId: `STS.${issue}`,
    accessKeySecret: `secret-${issue}`,
    stsToken: `token-${issue}`,
  };
  oss.accounts.add({ ...account, securityToken: account.stsToken });
  return account;
}

const rows = [
  [true, 'the client'],
  [false, 'the client'],
  [true, 'a function'],
  [false, 'a function'],
] as const;
const nextRow = inTurn(rows.length);
describe.each(rows)(
  'the transport on ali-oss with signatures of V4: %s, credentials of %s',
  (authorizationV4, from) => {
    const it = nextRow();
    const options = { ...defaultOssAccount, ...location, authorizationV4 };
    const subject: TransportSubject = {
      createTransport: () => aliOssTransport(new OSS(options), patience),
      secrets: [defaultOssAccount.accessKeySecret],
      traits: { retries: 3, correctsClock: true },
      createRenewingTransport() {
        let renewals = 0;
        if (from === 'a function') {
          let asked = 0;
          const credentials = async () => {
            renewals = asked++;
            const { stsToken: securityToken, ...pair } = token(renewals);
            return { ...pair, securityToken };
          };
          // The client's own key is not known to the server.
          const client = new OSS({
            ...location,
            accessKeyId: 'none',
            accessKeySecret: 'none',
            authorizationV4,
          });
          return {
            transport: aliOssTransport(client, { ...patience, credentials }),
            renewals: () => renewals,
          };
        }
        const refreshSTSToken = async () => {
          renewals++;
          return token(renewals);
        };
        const client = {
          ...location,
          ...token(0),
          authorizationV4,
          refreshSTSToken,
          refreshSTSTokenInterval: 3_600_000,
        };
        return { transport: aliOssTransport(new OSS(client), patience), renewals: () => renewals };
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
  },
);
