import { inspect } from 'node:util';
import type { UploadBody } from '@oss-envelope/core';
import type { CompleteObjectTransport } from '@oss-envelope/core/adapter';
import { collect, rejectionOf } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import {
  type FetchFunction,
  fetchTransport,
  presignedTransport,
  presigner,
  type SignRequest,
} from '../src/index.js';
import { bucket, useLocalOss } from './local-bucket.js';

const local = useLocalOss();

const account = { accessKeyId: 'STS.id', accessKeySecret: 'SeCrEt/secret+', securityToken: 'ToKeN/token+/=' };
const plaintext = 'a body that nobody should see';
const body: UploadBody = { kind: 'bytes', bytes: new TextEncoder().encode(plaintext) };

/** Everything of an error that may end up in a log. */
function textsOf(error: unknown): string {
  expect(error).toBeInstanceOf(Error);
  const { message, stack, cause } = error as Error;
  const shown = inspect(error, { depth: 10, showHidden: true });
  return [
    message,
    stack,
    String(cause),
    JSON.stringify(error),
    JSON.stringify(Object.entries(error as object)),
    shown,
  ].join('\n');
}

/** Both transports, sending by `fetch`, and what of their requests must not be told. */
function transports(fetch: FetchFunction): {
  all: Omit<CompleteObjectTransport, 'acl' | 'bucketView' | 'deleteMany' | 'tags'>[];
  secrets: Set<string>;
} {
  const { endpoint, region } = local.options();
  const secrets = new Set([
    account.accessKeySecret,
    account.securityToken,
    plaintext,
    'x-oss-signature=',
    'Signature=',
    '://',
  ]);
  const watched: FetchFunction = (url, init) => {
    const headers = init.headers as Record<string, string>;
    secrets.add(url);
    for (const value of new URL(url).searchParams.values()) if (value.length >= 8) secrets.add(value);
    if (headers.authorization) {
      secrets.add(headers.authorization);
      secrets.add(headers.authorization.replace(/^OSS .*:|.*Signature=/, ''));
    }
    return fetch(url, init);
  };
  const sending = { fetch: watched, sleep: async () => {}, retries: 1, idleTimeoutMs: 200 };
  const all = (['v4', 'v1'] as const).flatMap((signatureVersion) => {
    const location = { endpoint, region, bucket, credentials: account, signatureVersion };
    const signer = presigner(location);
    const sign = (request: SignRequest) =>
      signer.sign(request, { expiresSeconds: 60, allow: ['put', 'get', 'head', 'parts'] });
    return [fetchTransport({ ...location, ...sending }), presignedTransport({ sign, ...sending })];
  });
  return { all, secrets };
}

async function errorsOf(
  transport: Omit<CompleteObjectTransport, 'acl' | 'bucketView' | 'deleteMany' | 'tags'>,
): Promise<unknown[]> {
  return [
    await rejectionOf(transport.put({ key: 'k', headers: {}, body })),
    await rejectionOf(transport.get({ key: 'k', headers: {} }).then(({ chunks }) => collect(chunks))),
    await rejectionOf(transport.head({ key: 'k', headers: {} })),
    await rejectionOf(transport.parts.start({ key: 'k', headers: {} })),
  ];
}

function assertSecret(errors: unknown[], secrets: ReadonlySet<string>): void {
  for (const error of errors) {
    const texts = textsOf(error);
    for (const secret of secrets) {
      // A stack names files, and Node writes them as URLs.
      const text = secret === '://' ? texts.replaceAll('file://', '') : texts;
      expect(text).not.toContain(secret);
    }
  }
}

it('errors of OSS tell no secret', async () => {
  // Not known to OSS, then with another secret, then expired: OSS repeats what was signed, and with what result.
  for (const known of [
    [],
    [{ ...account, accessKeySecret: 'x' }],
    [{ ...account, expiresAt: new Date(0) }],
  ]) {
    for (const one of known) local.oss.accounts.add(one);
    const { all, secrets } = transports(globalThis.fetch);
    for (const transport of all) {
      const errors = await errorsOf(transport);
      for (const error of errors) expect(error).toMatchObject({ code: 'ERR_SERVICE', status: 403 });
      assertSecret(errors, secrets);
    }
  }
});

it('errors of a server that repeats everything tell no secret', async () => {
  const { all, secrets } = transports(async (url, init) => {
    const headers = init.headers as Record<string, string>;
    const escaped = `${url} ${JSON.stringify(headers)}`.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const document = `<Error><Code>Code ${escaped}</Code><Message>${escaped}</Message><EC>${escaped}</EC><RequestId>${escaped}</RequestId></Error>`;
    return new Response(init.method === 'HEAD' ? null : document, {
      status: 403,
      headers: { 'x-oss-err': btoa(document), 'x-oss-ec': url, 'x-oss-request-id': url, location: url },
    });
  });
  for (const transport of all) assertSecret(await errorsOf(transport), secrets);
});

it('errors of the network, of redirects and of strange answers tell no secret', async () => {
  const answers: FetchFunction[] = [
    async (url, init) => {
      throw new TypeError(`fetch failed: ${url}`, {
        cause: Object.assign(new Error(JSON.stringify(init.headers)), { url }),
      });
    },
    async (url) => {
      throw Object.assign(new TypeError(`unexpected redirect to ${url}`), { url });
    },
    async (url) => new Response(null, { status: 301, headers: { location: url } }),
    async (url) =>
      new Response(`<html>${url}</html>`, { status: 200, headers: { 'x-oss-hash-crc64ecma': url } }),
    async (_url, init) => new Response(JSON.stringify(init.headers), { status: 500 }),
    async () => new Promise(() => {}),
  ];
  for (const answer of answers) {
    const { all, secrets } = transports(answer);
    for (const transport of all) {
      const put = await rejectionOf(transport.put({ key: 'k', headers: {}, body }));
      assertSecret([put], secrets);
    }
  }
});

it('a message of the server is passed on where it is known to hold no secret', async () => {
  const { all } = transports(async () => {
    const document =
      '<Error><Code>AccessDenied</Code><Message>You have no right to access this object because of bucket acl.</Message><RequestId>5C3D</RequestId></Error>';
    return new Response(document, { status: 403 });
  });
  for (const transport of all) {
    expect(String(await rejectionOf(transport.get({ key: 'k', headers: {} })))).toContain(
      '(HTTP 403, request id 5C3D). You have no right to access this object because of bucket acl. Check',
    );
  }
});

it('no piece of a token or a signature is passed on', async () => {
  const { all, secrets } = transports(async (url, init) => {
    const headers = init.headers as Record<string, string>;
    const whole = headers.authorization ?? url;
    const pieces = [
      whole.slice(-12),
      account.securityToken.slice(0, 8),
      headers['x-oss-security-token'] ?? '',
    ];
    secrets.add(pieces[0] as string);
    secrets.add(pieces[1] as string);
    const document = `<Error><Code>AccessDenied</Code><Message>${pieces.join(' ')}</Message></Error>`;
    return new Response(init.method === 'HEAD' ? null : document, { status: 403 });
  });
  for (const transport of all) assertSecret(await errorsOf(transport), secrets);
});

it('the transports themselves tell no secret', () => {
  const { all, secrets } = transports(globalThis.fetch);
  const shown = all
    .map((transport) => inspect(transport, { depth: 10, showHidden: true }) + JSON.stringify(transport))
    .join();
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
