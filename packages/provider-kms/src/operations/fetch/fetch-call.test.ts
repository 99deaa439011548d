import { createHash, createHmac } from 'node:crypto';
import type { CheckedCredentials } from '@oss-envelope/core/adapter';
import { describe, expect, test } from 'vitest';
import type { KmsAction, KmsAnswer, KmsParameters } from '../kms-operations.js';
import { type FetchInit, fetchCall } from './fetch-call.js';

// The signature is made once more here, by the cryptography of Node and from the text of the documentation of ACS3.

const endpoint = { protocol: 'https', host: 'kms.cn-hangzhou.aliyuncs.com' } as const;
const keys: CheckedCredentials = {
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  securityToken: undefined,
  expiresAt: undefined,
};
const whole = { CiphertextBlob: 'blob', KeyId: 'key', Plaintext: 'text', RequestId: 'r-1' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Sent {
  readonly url: URL;
  readonly init: FetchInit;
}
async function calling<Action extends KmsAction>(
  action: Action,
  parameters: KmsParameters[Action],
  { answer = () => Response.json(whole), credentials = keys } = {},
): Promise<{ answer: KmsAnswer; sent: Sent; signal: AbortSignal }> {
  const all: Sent[] = [];
  const call = fetchCall(
    {
      endpoint,
      now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      fetch: async (url, init) => {
        all.push({ url: new URL(url), init });
        return answer();
      },
    },
    credentials,
  );
  const { signal } = new AbortController();
  const given = await call(action, parameters, { signal, timeoutMs: 1000 });
  expect(all).toHaveLength(1);
  return { answer: given, sent: all[0]!, signal };
}
const decrypting = { ciphertextBlob: 'a+b/', encryptionContext: undefined };
const secret = { keyId: 'k', plaintext: 'p+q', isSecret: true, encryptionContext: '{"a":"b"}' };

/** As the documentation has it, from what was sent. */
function authorizationOf({ url, init }: Sent): string {
  const headers: Record<string, string> = { ...init.headers, host: url.host };
  const names = Object.keys(headers)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'))
    .sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const canonical = `POST\n/\n${query}\n${lines}\n${names.join(';')}\n${sha256(init.body ?? '')}`;
  const signature = createHmac('sha256', 'secret')
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  return `ACS3-HMAC-SHA256 Credential=id,SignedHeaders=${names.join(';')},Signature=${signature}`;
}

describe('a request', () => {
  test('has its parameters in the query, and is signed', async () => {
    const { sent, signal } = await calling('Decrypt', decrypting);
    expect(sent.url.origin + sent.url.pathname).toBe('https://kms.cn-hangzhou.aliyuncs.com/');
    expect([...sent.url.searchParams]).toEqual([['CiphertextBlob', 'a+b/']]);
    expect(sent.init).toMatchObject({ method: 'POST', redirect: 'manual', signal });
    expect(sent.init).not.toHaveProperty('body');
    const { 'x-acs-signature-nonce': nonce, authorization, ...headers } = sent.init.headers;
    expect(headers).toEqual({
      accept: 'application/json',
      'x-acs-action': 'Decrypt',
      'x-acs-content-sha256': sha256(''),
      'x-acs-date': '2026-01-02T03:04:05Z',
      'x-acs-version': '2016-01-20',
    });
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(authorization).toBe(authorizationOf(sent));
  });

  test('has a secret in its body, and nowhere else', async () => {
    const { sent } = await calling('Encrypt', secret);
    expect(Object.fromEntries(sent.url.searchParams)).toEqual({ KeyId: 'k', EncryptionContext: '{"a":"b"}' });
    expect(sent.init.body).toBe('Plaintext=p%2Bq');
    expect(sent.init.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-content-sha256': sha256('Plaintext=p%2Bq'),
    });
    expect(sent.init.headers.authorization).toBe(authorizationOf(sent));
    const open = await calling('Encrypt', { ...secret, isSecret: false });
    expect(open.sent.url.searchParams.get('Plaintext')).toBe('p+q');
    expect(open.sent.url.searchParams.has('IsSecret')).toBe(false);
  });

  test('has the token of the credentials, signed', async () => {
    const { sent } = await calling('Decrypt', decrypting, { credentials: { ...keys, securityToken: 't' } });
    expect(sent.init.headers).toMatchObject({ 'x-acs-accesskey-id': 'id', 'x-acs-security-token': 't' });
    expect(sent.init.headers.authorization).toBe(authorizationOf(sent));
  });

  test('has another nonce each time', async () => {
    const nonces = [await calling('Decrypt', decrypting), await calling('Decrypt', decrypting)].map(
      ({ sent }) => sent.init.headers['x-acs-signature-nonce'],
    );
    expect(new Set(nonces).size).toBe(2);
  });
});

describe('an answer', () => {
  const failing = (answer: () => Response): Promise<unknown> =>
    calling('Decrypt', decrypting, { answer }).catch((error) => error);
  const refusing =
    (status: number, body: unknown, headers = {}) =>
    () =>
      Response.json(body, { status, headers });

  test('gives its members, and nothing else', async () => {
    const { answer } = await calling('Decrypt', decrypting, {
      answer: () => Response.json({ ...whole, More: 1 }),
    });
    expect(answer).toEqual({ ciphertextBlob: 'blob', keyId: 'key', plaintext: 'text', requestId: 'r-1' });
  });

  test.each([
    [{ Code: 'Forbidden.NoPermission', RequestId: 'r-2' }],
    [{ code: 'Forbidden.NoPermission', requestId: 'r-2' }],
  ])('that refuses is a ServiceError: %j', async (body) => {
    expect(await failing(refusing(403, body))).toMatchObject({
      code: 'ERR_SERVICE',
      service: 'KMS',
      status: 403,
      serviceCode: 'Forbidden.NoPermission',
      requestId: 'r-2',
      retryable: false,
      retryAfterMs: undefined,
    });
  });

  test.each([
    [{ 'x-acs-retry-after': '1500' }, 1500],
    [{ 'x-acs-retry-after': '1500', 'retry-after': '3' }, 1500],
    [{ 'retry-after': '3' }, 3000],
    [{ 'x-acs-retry-after': 'soon', 'retry-after': '3' }, 3000],
    [{ 'x-acs-retry-after': '1234567890' }, undefined],
    [{ 'x-acs-retry-after': ' 5x' }, undefined],
    [{ 'x-acs-retry-after': 'x5' }, undefined],
  ])('that says when to come again: %j', async (headers, retryAfterMs) => {
    const failure = await failing(refusing(503, { Code: 'Throttling' }, headers));
    expect(failure).toMatchObject({ code: 'ERR_SERVICE', retryable: true, retryAfterMs });
  });

  test.each<[string, () => Response]>([
    ['no JSON', () => new Response('<html>')],
    ['a text', () => Response.json('text')],
    ['null', () => Response.json(null)],
    ['nothing', () => new Response(null)],
    ['too much', () => Response.json({ ...whole, More: 'x'.repeat(256 * 1024) })],
    ['a refusal without JSON', () => new Response('no', { status: 502 })],
  ])('that is %s is none of KMS', async (_, answer) => {
    expect(await failing(answer)).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  });

  test('is read whole, however its bytes come', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...whole, KeyId: '钥匙' }));
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const { answer } = await calling('Decrypt', decrypting, { answer: () => new Response(body) });
    expect(answer.keyId).toBe('钥匙');
  });

  test('of as many bytes as it may have is read; of one more, the rest is not waited for', async () => {
    const most = 256 * 1024;
    const fits = JSON.stringify({ KeyId: 'k', More: 'x'.repeat(most - 23) });
    expect(fits).toHaveLength(most);
    expect((await calling('Decrypt', decrypting, { answer: () => new Response(fits) })).answer.keyId).toBe(
      'k',
    );
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(most / 2 + 1)),
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    expect(await failing(endless)).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(cancelled).toBe(true);
  });
});
