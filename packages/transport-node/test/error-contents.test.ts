import { inspect } from 'node:util';
import { defaultOssAccount, type OssFaultRule } from '@oss-envelope/local-cloud';
import { collect, inChunks, rejectionOf } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const bodyText = 'the quick brown fox';
const bytes = Buffer.from(bodyText.repeat(10_000));
const stsToken = 'sts-token-of-the-test';
const headers = { 'content-type': 'application/octet-stream', 'x-oss-meta-note': 'value of the header' };
const account = { accessKeyId: 'sts-account-id', accessKeySecret: 'sts-account-secret' };

/** All that a log or a debugger could show of an error. */
function everythingOf(error: unknown): string {
  const seen: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    seen.push(String(e), e.message, e.stack ?? '', JSON.stringify(e), JSON.stringify({ ...e }));
    seen.push(
      inspect(e, { depth: 20, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
    );
  }
  return seen.join('\n');
}

/** The credentials and the signatures that were sent. */
function secrets(): string[] {
  const signatures = local.oss.requests.list().flatMap(({ headers: sent, url }) => {
    const authorization = sent.authorization ?? '';
    return [authorization, authorization.split(/:|Signature=/).at(-1) ?? '', url.split('?')[1] ?? ''];
  });
  return [
    ...signatures.filter((text) => text !== ''),
    account.accessKeyId,
    account.accessKeySecret,
    defaultOssAccount.accessKeySecret,
    stsToken,
    bodyText,
    Buffer.from(bodyText).toString('hex'),
    '74 68 65 20 71 75 69 63',
    'value of the header',
    'secret-key-name',
  ];
}

beforeAll(async () => {
  local.oss.accounts.add({ ...account, securityToken: stsToken });
  await local.oss.putObject(bucketName, 'secret-key-name', bytes, headers);
});

let checked = 0;
afterAll(() => expect(checked).toBeGreaterThan(100));

const faults: OssFaultRule[] = [
  { kind: 'reset-request', afterBytes: 0 },
  { kind: 'reset-request', afterBytes: 100_000 },
  { kind: 'stall-request' },
  { kind: 'lost-response' },
  { kind: 'reset-response', afterBytes: 60_000 },
  { kind: 'stall-response', afterBytes: 60_000 },
  { kind: 'truncate', afterBytes: 60_000 },
  { kind: 'truncate', afterBytes: 60_000, shorten: true },
  { kind: 'corrupt-response', atByte: 7 },
  { kind: 'wrong-crc' },
  ...[400, 403, 404, 409, 412, 500, 503].map((status) => ({ kind: 'status', status }) as const),
  { kind: 'redirect', origin: 'http://127.0.0.1:9' },
  { kind: 'skew', offsetMs: 3_600_000 },
];

// Without these ali-oss prints advice for every client.
const token = {
  stsToken,
  refreshSTSTokenInterval: 3_600_000,
  refreshSTSToken: async () => ({ ...account, stsToken }),
};

const clients = [
  ['V1', { ...account, ...token }],
  ['V4', { ...account, ...token, authorizationV4: true }],
] as const;
const nextRow = inTurn(clients.length);
describe.each(clients)('errors of requests signed by %s', (_name, client) => {
  const it = nextRow();
  it.each(faults)('hold nothing of a request or an object after $kind $status', async (rule) => {
    const transport = local.transport({ client, retries: 0, idleTimeoutMs: 100 });
    const key = 'secret-key-name';
    const signal = undefined;
    const upload = { key, headers, uploadId: 'u', signal };
    const calls: (() => Promise<unknown>)[] = [
      async () => collect((await transport.get({ key, headers: {} })).chunks),
      () => transport.put({ key: `${key}-2`, headers, body: { kind: 'bytes', bytes } }),
      () =>
        transport.put({
          key: `${key}-3`,
          headers,
          body: { kind: 'chunks', sizeBytes: bytes.length, chunks: inChunks(bytes, 50_000) },
        }),
      () => transport.head({ key, headers: {} }),
      () => transport.copy({ key: `${key}-4`, sourceKey: key, headers }),
      () => transport.parts.put({ ...upload, partNumber: 1, body: { kind: 'bytes', bytes } }),
      () => transport.parts.finish({ ...upload, parts: [] }),
      () => transport.parts.list(upload),
    ];
    for (const call of calls) {
      local.oss.faults.clear();
      local.oss.faults.add({
        ...rule,
        ...(rule.kind === 'status' && {
          message: `Authorization was OSS ${account.accessKeyId}, secret-key-name, ${bodyText}`,
        }),
      });
      const outcome = await call().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (outcome === undefined) continue;
      checked += 1;
      const shown = everythingOf(outcome);
      for (const secret of secrets()) expect(shown).not.toContain(secret);
      expect((outcome as Error).cause).toBeUndefined();
      expect(shown).not.toMatch(/https?:\/\//);
    }
  });

  it('hold nothing of a request when the credentials are wrong', async () => {
    const wrong = { ...client, accessKeySecret: 'another-secret-of-the-test' };
    const transport = local.transport({ client: wrong, retries: 0 });
    const failure = await rejectionOf(
      transport.put({ key: 'secret-key-name', headers, body: { kind: 'bytes', bytes } }),
    );
    const shown = everythingOf(failure);
    for (const secret of [...secrets(), 'another-secret-of-the-test']) expect(shown).not.toContain(secret);
  });

  it('keep codes that look like codes only', async () => {
    local.oss.faults.add({ kind: 'status', status: 400, code: 'Not a code: <b>' });
    const failure = await rejectionOf(local.transport({ client }).get({ key: 'k', headers: {} }));
    expect(failure).toMatchObject({ status: 400, serviceCode: undefined });
  });
});
