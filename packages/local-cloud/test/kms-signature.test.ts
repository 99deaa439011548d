import { readVectorText } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { parameterMap, parseParameters } from '../src/kms/http/request-parameters.js';
import { authenticate, NonceRegister } from '../src/kms/signatures/authentication.js';
import { KmsAccounts } from '../src/kms/signatures/kms-account.js';
import {
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
  parseAcs3Authorization,
} from '../src/kms/signatures/signature-acs3.js';
import { rpcCanonicalQuery, rpcSignature, rpcStringToSign } from '../src/kms/signatures/signature-rpc.js';
import { call, type KmsAnswer, send, signAcs3 } from './acs3-request.js';
import { clientFor, K, refusal } from './alicloud-kms.js';

interface RecordedRequest {
  method: string;
  rawUrl: string;
  headers: Record<string, string>;
  body: string;
}
interface Recorded {
  name: string;
  requests: RecordedRequest[];
  signatureCheck?: { canonicalRequest: string };
}
interface Recording {
  records: Recorded[];
  signatureCheck?: { stringToSign: string };
}

const secret = 'SECRETTEST';
const recorded = JSON.parse(readVectorText('kms-requests.json')) as Record<string, Recording>;

function parts(request: RecordedRequest) {
  const query = parseParameters(request.rawUrl.slice(request.rawUrl.indexOf('?') + 1));
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  return {
    method: request.method,
    path: '/',
    query,
    parameters: parameterMap(query),
    headers,
    body: Buffer.from(request.body),
  };
}

function stagesOf(request: RecordedRequest) {
  const { headers, ...rest } = parts(request);
  const authorization = parseAcs3Authorization(headers.get('authorization') ?? '');
  const canonicalRequest = acs3CanonicalRequest({
    ...rest,
    headers,
    signedHeaders: authorization.signedHeaders,
    hashedPayload: headers.get('x-acs-content-sha256') ?? '',
  });
  return { authorization, canonicalRequest, stringToSign: acs3StringToSign(canonicalRequest) };
}

const rpc = recorded['kms20160120@1.2.0'];
const acs3 = recorded['2.x/3.x call shape (openapi-client 0.4.15 / openapi-core 1.0.8)'];
const rpcRequests = rpc?.records.flatMap((record) => record.requests) ?? [];
const acs3Requests = acs3?.records.flatMap((record) => record.requests) ?? [];

it('has the recorded requests', () => {
  expect(rpcRequests.length).toBeGreaterThan(15);
  expect(acs3Requests.length).toBeGreaterThan(15);
});

describe('recorded requests of client 1.2.0', () => {
  it('have the recorded string to sign', () => {
    const { method, query } = parts(rpcRequests[0]!);
    expect(rpcStringToSign(method, rpcCanonicalQuery(query))).toBe(rpc?.signatureCheck?.stringToSign);
  });

  it('all have the signature that the stages give', () => {
    for (const request of rpcRequests) {
      const { method, query, parameters } = parts(request);
      expect(rpcSignature(secret, rpcStringToSign(method, rpcCanonicalQuery(query)))).toBe(
        parameters.get('Signature'),
      );
    }
  });
});

describe('recorded requests of the 2.x and 3.x shape', () => {
  const checked = acs3?.records.filter((record) => record.signatureCheck !== undefined) ?? [];

  it.each(checked)('$name has the recorded canonical request', (record) => {
    expect(stagesOf(record.requests[0]!).canonicalRequest).toBe(record.signatureCheck?.canonicalRequest);
  });

  it('all have the signature that the stages give', () => {
    for (const request of acs3Requests) {
      const { authorization, stringToSign } = stagesOf(request);
      expect(acs3Signature(secret, stringToSign)).toBe(authorization.signature);
    }
  });
});

describe('recorded requests of every generation', () => {
  const accounts = new KmsAccounts([
    { accessKeyId: 'AKIDTEST', accessKeySecret: secret },
    { accessKeyId: 'AKIDTEST', accessKeySecret: secret, securityToken: 'STSTOKEN+/=' },
  ]);
  const nowMs = Date.parse('2026-11-23T13:20:00Z');

  it('authenticate, once', () => {
    const nonces = new NonceRegister();
    for (const request of [...rpcRequests, ...acs3Requests]) {
      const state = { accounts, nonces, nowMs };
      expect(authenticate(parts(request), state).accessKeyId).toBe('AKIDTEST');
      expect(() => authenticate(parts(request), state)).toThrow('nonce was used already');
    }
  });

  it('do not authenticate with another secret, nor with any character changed', () => {
    const foreign = new KmsAccounts([{ accessKeyId: 'AKIDTEST', accessKeySecret: 'another' }]);
    for (const request of [rpcRequests[3]!, acs3Requests[3]!]) {
      const state = { accounts, nonces: new NonceRegister(), nowMs };
      expect(() => authenticate(parts(request), { ...state, accounts: foreign })).toThrow('not matched');
      const start = request.rawUrl.indexOf('KeyId=') + 'KeyId='.length;
      for (let index = start; index < request.rawUrl.length; index += 1) {
        const character = request.rawUrl[index] === 'A' ? 'B' : 'A';
        const rawUrl = request.rawUrl.slice(0, index) + character + request.rawUrl.slice(index + 1);
        expect(() => authenticate(parts({ ...request, rawUrl }), state)).toThrow();
      }
    }
  });
});

describe('over HTTP', () => {
  let kms: LocalKms;
  let keyId: string;
  const temporary = { accessKeyId: 'sts', accessKeySecret: 'secret', securityToken: 'TOKEN+/=' };

  beforeAll(async () => {
    kms = await startKms({ accounts: [{ accessKeyId: 'id', accessKeySecret: 'secret' }, temporary] });
    keyId = await kms.createKey();
  });
  afterAll(() => kms.close());

  const account = { accessKeyId: 'id', accessKeySecret: 'secret' };
  const outcome = ({ status, json }: KmsAnswer): string => `${status} ${String(json.Code)}`;

  it('a header-signed request may bring its parameters in the query string or in a form', async () => {
    const made = await call(kms.url, { account, action: 'GenerateDataKey', query: { KeyId: keyId } });
    expect(made.status).toBe(200);
    expect(kms.requests.last).toMatchObject({
      action: 'GenerateDataKey',
      generation: 'acs3',
      parameters: { KeyId: keyId },
      status: 200,
      code: undefined,
      requestId: made.json.RequestId,
    });
    const form = { CiphertextBlob: String(made.json.CiphertextBlob) };
    const opened = await call(kms.url, { account, action: 'Decrypt', form });
    expect(opened.json).toMatchObject({ Plaintext: made.json.Plaintext, KeyId: keyId });
    expect(kms.requests.last?.rawUrl).toBe('/');
    expect(Buffer.from(kms.requests.last?.body ?? []).toString()).toContain('CiphertextBlob=');
  });

  it('blobs of one generation open by the other', async () => {
    const client = clientFor(kms, account);
    const encryptionContext = '{"b":"2","a":"1"}';
    const made = await client.generateDataKey(new K.GenerateDataKeyRequest({ keyId, encryptionContext }));
    expect(kms.requests.last?.generation).toBe('rpc-v1');
    const query = { CiphertextBlob: made.ciphertextBlob, EncryptionContext: '{"a":"1","b":"2"}' };
    const opened = await call(kms.url, { account, action: 'Decrypt', query });
    expect(opened.json.Plaintext).toBe(made.plaintext);
  });

  it('temporary credentials sign their token', async () => {
    const request = { account: temporary, action: 'ListKeys' };
    expect((await call(kms.url, request)).status).toBe(200);
    expect(outcome(await call(kms.url, { ...request, headers: { 'x-acs-security-token': undefined } }))).toBe(
      '400 MissingSecurityToken',
    );
    expect(outcome(await call(kms.url, { ...request, headers: { 'x-acs-security-token': 'old' } }))).toBe(
      '400 InvalidSecurityToken.MismatchWithAccessKey',
    );
    expect(outcome(await call(kms.url, { ...request, unsigned: ['x-acs-security-token'] }))).toBe(
      '400 IncompleteSignature',
    );
    expect(outcome(await call(kms.url, { ...request, headers: { 'x-acs-accesskey-id': 'id' } }))).toBe(
      '400 IncompleteSignature',
    );
  });

  it.each([
    [{ account: { accessKeyId: 'nobody', accessKeySecret: 'x' } }, '404 InvalidAccessKeyId.NotFound'],
    [{ account: { accessKeyId: 'id', accessKeySecret: 'x' } }, '400 SignatureDoesNotMatch'],
    [{ headers: { 'x-acs-content-sha256': '0'.repeat(64) } }, '400 SignatureDoesNotMatch'],
    [{ headers: { 'x-acs-content-sha256': undefined } }, '400 MissingParameter'],
    [{ headers: { 'x-acs-date': undefined } }, '400 MissingParameter'],
    [{ headers: { 'x-acs-date': '2026-11-23' } }, '400 InvalidTimeStamp.Format'],
    [{ headers: { 'x-acs-date': '2026-99-99T99:99:99Z' } }, '400 InvalidTimeStamp.Format'],
    [{ headers: { 'x-acs-signature-nonce': undefined } }, '400 MissingParameter'],
    [{ headers: { 'x-acs-version': '2016-01-21' } }, '400 InvalidVersion'],
    [{ headers: { 'x-acs-version': undefined } }, '400 InvalidVersion'],
    [{ headers: { 'x-acs-action': undefined } }, '404 InvalidAction.NotFound'],
    [{ action: 'listKeys' }, '404 InvalidAction.NotFound'],
    [{ action: 'constructor' }, '404 InvalidAction.NotFound'],
    [{ unsigned: ['host'] }, '400 IncompleteSignature'],
    [{ unsigned: ['x-acs-action'] }, '400 IncompleteSignature'],
    [{ unsigned: ['x-acs-date'] }, '400 IncompleteSignature'],
    [{ timeMs: Date.now() - 16 * 60_000 }, '400 InvalidTimeStamp.Expired'],
    [{ timeMs: Date.now() + 16 * 60_000 }, '400 InvalidTimeStamp.Expired'],
    [{ method: 'PUT' }, '403 UnsupportedHTTPMethod'],
    [{ method: 'DELETE' }, '403 UnsupportedHTTPMethod'],
    [{ method: 'GET' }, '200 undefined'],
    [{ timeMs: Date.now() - 14 * 60_000 }, '200 undefined'],
    [{}, '200 undefined'],
  ])('a header-signed request with %o is answered %s', async (spoilt, answer) => {
    expect(outcome(await call(kms.url, { account, action: 'ListKeys', ...spoilt }))).toBe(answer);
  });

  it('a header-signed request that was tampered with is refused', async () => {
    const genuine = signAcs3(kms.url, { account, action: 'DisableKey', query: { KeyId: keyId } });
    const other = await kms.createKey();
    const { headers } = genuine.init;
    const withHeaders = (changed: Record<string, string>) => ({
      ...genuine,
      init: { ...genuine.init, headers: { ...headers, ...changed } },
    });
    const authorization = headers.authorization ?? '';
    for (const tampered of [
      { ...genuine, url: genuine.url.replace(keyId, other) },
      { ...genuine, url: `${genuine.url}&Extra=1` },
      { ...genuine, init: { ...genuine.init, body: 'KeyId=x' } },
      { ...genuine, init: { ...genuine.init, method: 'GET', body: null } },
      withHeaders({ 'x-acs-action': 'ScheduleKeyDeletion' }),
      withHeaders({ 'x-acs-signature-nonce': 'another' }),
      withHeaders({ authorization: authorization.replace(/.$/, (end) => (end === '0' ? '1' : '0')) }),
    ]) {
      expect(outcome(await send(tampered))).toBe('400 SignatureDoesNotMatch');
    }
    for (const malformed of ['ACS3-HMAC-SHA256', 'Basic eDp5', authorization.slice(0, -1)]) {
      expect(outcome(await send(withHeaders({ authorization: malformed })))).toBe('400 IncompleteSignature');
    }
    expect(kms.keys.describe(keyId).state).toBe('Enabled');
    expect((await send(genuine)).status).toBe(200);
    expect(outcome(await send(genuine))).toBe('400 SignatureNonceUsed');
    kms.keys.enable(keyId);
  });

  it('a parameter-signed request that was tampered with or sent again is refused', async () => {
    await clientFor(kms, account).describeKey(new K.DescribeKeyRequest({ keyId }));
    const rawUrl = kms.requests.last?.rawUrl ?? '';
    const again = async (url: string, headers: Record<string, string> = {}) =>
      outcome(await send({ url: kms.url + url, init: { method: 'POST', headers } }));
    expect(await again(rawUrl)).toBe('400 SignatureNonceUsed');
    for (const [from, to, answer] of [
      [/DescribeKey/, 'DisableKey', '400 SignatureDoesNotMatch'],
      [/KeyId=/, 'KeyID=', '400 SignatureDoesNotMatch'],
      [/$/, '&PendingWindowInDays=7', '400 SignatureDoesNotMatch'],
      [/SignatureNonce=./, 'SignatureNonce=', '400 SignatureDoesNotMatch'],
      [/Signature=[^&]*$/, 'Signature=', '400 SignatureDoesNotMatch'],
      [/&Signature=[^&]*$/, '', '400 IncompleteSignature'],
      [/HMAC-SHA1/, 'HMAC-SHA256', '400 IncompleteSignature'],
      [/SignatureVersion=1.0/, 'SignatureVersion=2.0', '400 IncompleteSignature'],
      [/AccessKeyId=id&/, '', '400 MissingAccessKeyId'],
      [/AccessKeyId=id/, 'AccessKeyId=ix', '404 InvalidAccessKeyId.NotFound'],
      [/Timestamp=[^&]*&/, '', '400 MissingParameter'],
      [/Timestamp=[^&]*&/, 'Timestamp=now&', '400 InvalidTimeStamp.Format'],
      [/$/, '&KeyId=twice', '400 InvalidParameter'],
      [/$/, '&x=%ff', '400 ParseRequestParameterException'],
      [/$/, '&x=%', '400 ParseRequestParameterException'],
    ] as const) {
      expect([to, await again(rawUrl.replace(from, to))]).toEqual([to, answer]);
    }
    // The header is not signed in this generation: it must not decide what is done.
    expect(await again(rawUrl, { 'x-acs-action': 'DisableKey' })).toBe('400 SignatureNonceUsed');
    expect(kms.requests.last?.action).toBe('DescribeKey');
    expect(kms.keys.describe(keyId).state).toBe('Enabled');
  });

  it('a mismatch is explained as by the real service, string to sign included', async () => {
    const client = clientFor(kms, { accessKeyId: 'id', accessKeySecret: 'x' });
    const plaintext = 'cGxhaW50ZXh0';
    const message = await refusal(client.encrypt(new K.EncryptRequest({ keyId, plaintext }))).then(
      () => kms.requests.last,
    );
    expect(message?.code).toBe('SignatureDoesNotMatch');
    const answer = await call(kms.url, {
      account: { accessKeyId: 'id', accessKeySecret: 'x' },
      action: 'Encrypt',
      query: { KeyId: keyId, Plaintext: plaintext },
    });
    expect(answer.json.Message).toContain(`Plaintext=${plaintext}`);
  });
});

describe('the nonce register', () => {
  it('forgets a nonce when its request would be too old anyway', () => {
    const nonces = new NonceRegister();
    nonces.use('a', 0);
    expect(() => nonces.use('a', 30 * 60_000)).toThrow('used already');
    expect(() => nonces.use('a', 30 * 60_000 + 1)).not.toThrow();
  });
});
