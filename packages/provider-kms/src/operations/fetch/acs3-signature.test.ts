import { createHash, createHmac } from 'node:crypto';
import { readVectorText } from '@oss-envelope/test-kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  authorization,
  canonicalQuery,
  canonicalRequest,
  hexHash,
  signature,
  stringToSign,
} from './acs3-signature.js';

const request = {
  parameters: { KeyId: 'alias/x', EncryptionContext: '{"a b":"中&=+/~*"}', A: "!'()" },
  headers: {
    'x-acs-version': '2016-01-20',
    host: 'kms.cn-hangzhou.aliyuncs.com',
    'x-acs-action': ' Encrypt ',
    'x-acs-content-sha256': createHash('sha256').update('Plaintext=a').digest('hex'),
  },
};

test('a body’s hash', async () => {
  expect(await hexHash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(await hexHash('Plaintext=a')).toBe(request.headers['x-acs-content-sha256']);
});

test('first stage: names sorted, values encoded once, headers trimmed', () => {
  expect(canonicalRequest(request)).toBe(
    [
      'POST',
      '/',
      'A=%21%27%28%29&EncryptionContext=%7B%22a%20b%22%3A%22%E4%B8%AD%26%3D%2B%2F~%2A%22%7D&KeyId=alias%2Fx',
      'host:kms.cn-hangzhou.aliyuncs.com',
      'x-acs-action:Encrypt',
      `x-acs-content-sha256:${request.headers['x-acs-content-sha256']}`,
      'x-acs-version:2016-01-20',
      '',
      'host;x-acs-action;x-acs-content-sha256;x-acs-version',
      request.headers['x-acs-content-sha256'],
    ].join('\n'),
  );
});

test('second and third stage', async () => {
  const canonical = canonicalRequest(request);
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = await stringToSign(canonical);
  expect(text).toBe(`ACS3-HMAC-SHA256\n${hash}`);
  const signed = createHmac('sha256', 'secret').update(text).digest('hex');
  expect(await signature('secret', text)).toBe(signed);
  expect(await authorization(request, 'id', 'secret')).toBe(
    `ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-version,Signature=${signed}`,
  );
});

test('a query keeps to the unreserved characters, and decodes to what it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const query = canonicalQuery({ name: text });
      expect(query).toMatch(/^name=(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(new URLSearchParams(query).get('name')).toBe(text);
    }),
  );
});

interface Recorded {
  readonly requests: readonly {
    readonly query: Record<string, string>;
    readonly headers: Record<string, string>;
  }[];
  readonly signatureCheck?: { readonly canonicalRequest: string };
}
const groups = Object.values(JSON.parse(readVectorText('kms-requests.json'))) as { records?: Recorded[] }[];
const signedRecords = groups
  .flatMap(({ records = [] }) => records)
  .filter(({ requests }) => requests[0]?.headers.Authorization !== undefined);

test('signs as the clients of 2.x and 3.x did, request by request', async () => {
  expect(signedRecords.length).toBeGreaterThan(10);
  let checkedStages = 0;
  for (const { requests, signatureCheck } of signedRecords) {
    const { query, headers } = requests[0]!;
    const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const names = /SignedHeaders=([^,]+)/.exec(headers.Authorization!)![1]!.split(';');
    const recorded = {
      parameters: query,
      headers: Object.fromEntries(names.map((name) => [name, byName.get(name)!])),
    };
    expect(await authorization(recorded, 'AKIDTEST', 'SECRETTEST')).toBe(headers.Authorization);
    if (signatureCheck !== undefined) {
      expect(canonicalRequest(recorded)).toBe(signatureCheck.canonicalRequest);
      checkedStages += 1;
    }
  }
  expect(checkedStages).toBe(2);
});
