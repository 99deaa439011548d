import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EncryptedBucket, type ObjectTransport } from '@oss-envelope/core';
import type { CredentialsInput, CredentialsProvider } from '@oss-envelope/core/adapter';
import { type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { fetchTransport, presigner } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshWorld, type World } from '../support/world.js';

const { default: Credential, Config } = createRequire(import.meta.url)('@alicloud/credentials') as {
  readonly default: new (config?: object) => CredentialsProvider;
  readonly Config: new (members: object) => object;
};

const world = freshWorld();
let kms: LocalKms;
let keyId: string;
beforeEach(async () => {
  kms = await startKms();
  keyId = await kms.createKey({});
  // The chain of the real package looks at these, and asks the network where it finds nothing.
  for (const name of [
    'ALIBABA_CLOUD_ACCESS_KEY_ID',
    'ALIBABA_CLOUD_ROLE_ARN',
    'ALIBABA_CLOUD_CREDENTIALS_URI',
  ]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
  vi.stubEnv('ALIBABA_CLOUD_CLI_PROFILE_DISABLED', 'true');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await kms.close();
});

/** Credentials of STS, of the nth issue, which OSS and KMS know. */
function issue(number: number) {
  const account = {
    accessKeyId: `STS.${number}`,
    accessKeySecret: `secret-${number}`,
    securityToken: `token-${number}`,
  };
  world.oss.accounts.add(account);
  kms.accounts.add(account);
  return account;
}

/** An access key that OSS and KMS know. */
function accessKey() {
  const key = { accessKeyId: 'user', accessKeySecret: 'secret-of-user' };
  world.oss.accounts.add(key);
  kms.accounts.add(key);
  return key;
}

const place = ({ oss }: World) => ({ endpoint: oss.endpoint, bucket: 'bucket', region: oss.region });
/** The clock when it is asked, which one test sets. */
const now = (): number => Date.now();
const transports: readonly [string, (credentials: CredentialsInput) => ObjectTransport][] = [
  ['fetch', (credentials) => fetchTransport({ ...place(world), credentials, now, retries: 0 })],
  [
    'ali-oss',
    (credentials) => {
      const none = { accessKeyId: 'none', accessKeySecret: 'none' };
      const client = new OSS({
        ...place(world),
        region: 'oss-cn-hangzhou',
        sldEnable: true,
        ...none,
      } as OSS.Options);
      return aliOssTransport(client, { credentials, retries: 0 });
    },
  ],
];
const providers = [
  ['@alicloud/kms20160120', kmsProvider],
  ['signed fetch', kmsFetchProvider],
] as const;
const pairs = transports.flatMap(([transport, transportOf]) =>
  providers.map(([provider, make]) => [transport, provider, transportOf, make] as const),
);

const nextRow = inTurn(pairs.length);
describe.each(pairs)('over %s and KMS by %s', (_, __, transportOf, make) => {
  const it = nextRow();
  const bucketOf = (credentials: CredentialsInput, format: 'sealed' | 'oss-crypto' = 'sealed') =>
    new EncryptedBucket({
      transport: transportOf(credentials),
      provider: make({ endpoint: kms.url, credentials, keyId, now, retries: 0 }),
      format,
    });
  const roundTrip = async (credentials: CredentialsInput): Promise<void> => {
    await bucketOf(credentials).put('k', 'seize the day');
    expect(await (await bucketOf(credentials).get('k')).text()).toBe('seize the day');
  };

  it('one function is asked once for both, before the end, and after a refusal', async () => {
    let asked = 0;
    const credentials = async () => ({ ...issue(++asked), expiration: new Date(Date.now() + 3_600_000) });
    const bucket = bucketOf(credentials, 'oss-crypto');
    await Promise.all(Array.from({ length: 20 }, (___, index) => bucket.put(`k${index}`, 'x')));
    expect(asked).toBe(1);

    // Both refuse them now. A third of the requests goes to KMS, and all of them at once.
    world.oss.accounts.remove('STS.1');
    kms.accounts.remove('STS.1');
    await Promise.all(
      Array.from({ length: 20 }, async (___, index) => (await bucket.get(`k${index}`)).text()),
    );
    expect(asked).toBe(2);
  });

  it('a source that fails or gives rubbish while the old ones hold is no matter', async () => {
    let asked = 0;
    const first = { ...issue(1), expiration: new Date(Date.now() + 3000) };
    const rubbish = [() => Promise.reject(new Error('secret')), async () => 'rubbish', async () => ({})];
    const credentials = async () => (asked++ === 0 ? first : rubbish[asked % 3]!()) as never;
    const bucket = bucketOf(credentials);
    await bucket.put('k', 'x');
    const clock = vi.spyOn(Date, 'now').mockReturnValue(first.expiration.getTime() - 100);
    try {
      for (let turn = 0; turn < 3; turn++) expect(await (await bucket.get('k')).text()).toBe('x');
    } finally {
      clock.mockRestore();
    }
    expect(asked).toBeGreaterThan(3);
  });

  it('a function that never answers is left by an abort', async () => {
    const bucket = bucketOf(() => new Promise<never>(() => {}));
    const reason = new Error('enough');
    const controller = new AbortController();
    const calls = [
      bucket.put('k', 'x', { signal: controller.signal }),
      bucket.get('k', { signal: controller.signal }),
    ];
    setTimeout(() => controller.abort(reason), 20);
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
      reason,
      reason,
    ]);
  });

  it('@alicloud/credentials, an access key, and a token of STS', async () => {
    await roundTrip(new Credential(new Config({ type: 'access_key', ...accessKey() })));
    await roundTrip(new Credential(new Config({ type: 'sts', ...issue(1) })));
  });

  it('@alicloud/credentials, the chain: variables', async () => {
    const { accessKeyId, accessKeySecret, securityToken } = issue(1);
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', accessKeySecret);
    vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', securityToken);
    await roundTrip(new Credential());
  });

  it('@alicloud/credentials, the chain: a credentials file', async () => {
    const key = accessKey();
    const file = join(world.folder, 'credentials.ini');
    const lines = ['[default]', 'enable = true', 'type = access_key'];
    await writeFile(
      file,
      [...lines, `access_key_id = ${key.accessKeyId}`, `access_key_secret = ${key.accessKeySecret}`, ''].join(
        '\n',
      ),
    );
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', file);
    await roundTrip(new Credential());
  });

  it('@alicloud/credentials, a credentials URI, asked once for many requests of both', async () => {
    let asked = 0;
    const server = await serve(() => {
      const { accessKeyId, accessKeySecret, securityToken } = issue(++asked);
      return {
        Code: 'Success',
        AccessKeyId: accessKeyId,
        AccessKeySecret: accessKeySecret,
        SecurityToken: securityToken,
        Expiration: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
      };
    });
    try {
      const credentialsURI = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const credential = new Credential(new Config({ type: 'credentials_uri', credentialsURI }));
      const bucket = bucketOf(credential, 'oss-crypto');
      await Promise.all(Array.from({ length: 20 }, (___, index) => bucket.put(`k${index}`, 'x')));
      expect(await (await bucket.get('k7')).text()).toBe('x');
      expect(asked).toBe(1);
    } finally {
      server.close();
    }
  });
});

it('a presigner shares the refresh too', async () => {
  let asked = 0;
  const credentials = async () => issue(++asked);
  const transport = fetchTransport({ ...place(world), credentials, retries: 0 });
  const signer = presigner({ ...place(world), credentials });
  await transport.put({ key: 'k', headers: {}, body: { kind: 'bytes', bytes: Uint8Array.of(1) } });
  const { url } = await signer.presignGet('k', { expiresSeconds: 60 });
  expect((await fetch(url)).status).toBe(200);
  expect(asked).toBe(1);
});

async function serve(answer: () => object): Promise<Server> {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
