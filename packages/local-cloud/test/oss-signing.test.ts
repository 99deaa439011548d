import { readVectorText } from '@oss-envelope/test-kit';
import { describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import * as v1 from '../src/oss/signatures/sign-v1.js';
import * as v4 from '../src/oss/signatures/sign-v4.js';
import { element, type RawRequest, send } from './raw-request.js';

// Computed from the OSS documentation's description of both signatures by a program of its own.
const secret = 'test-secret';

describe('the V1 stages', () => {
  test('header form, a key that is not ASCII', () => {
    const text = v1.stringToSign({
      method: 'put',
      bucket: 'photos',
      key: '文件 +&.txt',
      query: new Map([['prefix', 'not signed']]),
      headers: {
        'content-type': 'text/plain',
        'x-oss-date': 'Mon, 01 Jan 2024 00:00:00 GMT',
        'x-oss-meta-note': ' plain text ',
        'user-agent': 'not signed',
      },
      date: 'Mon, 01 Jan 2024 00:00:00 GMT',
    });
    expect(text).toBe(
      'PUT\n\ntext/plain\nMon, 01 Jan 2024 00:00:00 GMT\nx-oss-date:Mon, 01 Jan 2024 00:00:00 GMT\nx-oss-meta-note:plain text\n/photos/文件 +&.txt',
    );
    expect(v1.signature(secret, text)).toBe('yBdUhWCu9PwS7wVKHlWaTglzWj0=');
  });

  test('query form with sub-resources', () => {
    const text = v1.stringToSign({
      method: 'GET',
      bucket: 'photos',
      key: 'a/b.bin',
      query: new Map([
        ['uploadId', 'U1'],
        ['response-content-type', 'text/html'],
        ['Expires', '1704067800'],
      ]),
      headers: {},
      date: '1704067800',
    });
    expect(text).toBe('GET\n\n\n1704067800\n/photos/a/b.bin?response-content-type=text/html&uploadId=U1');
    expect(v1.signature(secret, text)).toBe('6f0NR6kXLLPB4xx5/O53x/cpqZU=');
  });

  test('buckets and the service', () => {
    const query = new Map<string, string>();
    expect(v1.canonicalizedResource({ bucket: 'photos', query })).toBe('/photos/');
    expect(v1.canonicalizedResource({ query })).toBe('/');
  });
});

describe('the V4 stages', () => {
  const scope = { day: '20240101', region: 'cn-hangzhou', product: 'oss' };
  const key = v4.signingKey(secret, scope);

  test('header form with an additional header', () => {
    const canonical = v4.canonicalRequest({
      method: 'PUT',
      bucket: 'photos',
      key: "文件 +&/it's(1)*.txt",
      query: new Map([
        ['uploadId', 'U1'],
        ['partNumber', '1'],
      ]),
      headers: {
        'content-type': 'text/plain',
        'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
        'x-oss-date': '20240101T000000Z',
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
        'range-note': ' x',
        'user-agent': 'not signed',
      },
      additionalHeaders: ['Range-Note', 'content-type', 'x-oss-date', 'range-note'],
      payloadHash: v4.unsignedPayload,
    });
    expect(canonical).toBe(
      'PUT\n/photos/%E6%96%87%E4%BB%B6%20%2B%26/it%27s%281%29%2A.txt\npartNumber=1&uploadId=U1\ncontent-md5:1B2M2Y8AsgTpgAmY7PhCfg==\ncontent-type:text/plain\nrange-note:x\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20240101T000000Z\n\nrange-note\nUNSIGNED-PAYLOAD',
    );
    const text = v4.stringToSign('20240101T000000Z', scope, canonical);
    expect(text).toBe(
      'OSS4-HMAC-SHA256\n20240101T000000Z\n20240101/cn-hangzhou/oss/aliyun_v4_request\nde3457ba301ec020ff0d981066d5652543108b66237984c43e95c26740937939',
    );
    expect(v4.signature(key, text)).toBe('5c4be85ec7796fedf32b2c3a1b80bcd30e6bebb015d60fbf37ddab281a133740');
  });

  test('query form, its own signature left out', () => {
    const canonical = v4.canonicalRequest({
      method: 'GET',
      bucket: 'photos',
      key: 'a/b.bin',
      query: new Map([
        ['x-oss-signature', 'left out'],
        ['x-oss-signature-version', 'OSS4-HMAC-SHA256'],
        ['x-oss-expires', '600'],
        ['x-oss-date', '20240101T000000Z'],
        ['x-oss-credential', 'test-id/20240101/cn-hangzhou/oss/aliyun_v4_request'],
        ['response-content-type', 'text/html'],
      ]),
      headers: {},
      payloadHash: v4.unsignedPayload,
    });
    expect(canonical).toBe(
      'GET\n/photos/a/b.bin\nresponse-content-type=text%2Fhtml&x-oss-credential=test-id%2F20240101%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date=20240101T000000Z&x-oss-expires=600&x-oss-signature-version=OSS4-HMAC-SHA256\n\n\nUNSIGNED-PAYLOAD',
    );
    const text = v4.stringToSign('20240101T000000Z', scope, canonical);
    expect(v4.signature(key, text)).toBe('3ca2501a557e8a2502f3404a48048f2c99bf15b0f7988c82f94cd55d5be52027');
  });
});

interface Vector {
  name: string;
  kind: 'v1' | 'v4-header' | 'v4-query';
  method: string;
  bucket: string;
  key?: string;
  query: Record<string, string>;
  headers?: Record<string, string>;
  date: string;
  region?: string;
  product?: string;
  additional?: string[];
  token?: string;
  expect: string;
  canonicalRequest?: string;
  stringToSign: string;
}

function lower(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The request of a vector as it goes over the wire, with the signature that is given. */
function wireRequest(vector: Vector, signature: string): RawRequest {
  const headers = lower(vector.headers);
  const query = { ...vector.query };
  if (vector.kind === 'v4-query') query['x-oss-signature'] = signature;
  else if (vector.kind === 'v4-header') {
    const scope = `${vector.date.slice(0, 8)}/${vector.region}/${vector.product}/aliyun_v4_request`;
    const names = v4.normalizedAdditionalHeaders(vector.additional ?? []);
    const additional = names.length > 0 ? `AdditionalHeaders=${names.join(';')},` : '';
    headers.authorization = `OSS4-HMAC-SHA256 Credential=ak/${scope},${additional}Signature=${signature}`;
  } else if (/^\d+$/.test(vector.date)) {
    Object.assign(query, { OSSAccessKeyId: 'ak', Expires: vector.date, Signature: signature });
  } else headers.authorization = `OSS ak:${signature}`;
  return {
    method: vector.method,
    bucket: vector.bucket,
    ...(vector.key === undefined ? {} : { key: vector.key }),
    ...(vector.key === undefined ? { path: `/${vector.bucket}/` } : {}),
    query,
    headers,
    sign: 'none',
    ...(vector.method === 'GET' ? {} : { body: 'content' }),
  };
}

function timeOf(vector: Vector): Date {
  if (/^\d+$/.test(vector.date)) return new Date(Number(vector.date) * 1000 - 60_000);
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(vector.date);
  if (!compact) return new Date(vector.date);
  return new Date(
    Date.UTC(+compact[1]!, +compact[2]! - 1, +compact[3]!, +compact[4]!, +compact[5]!, +compact[6]!),
  );
}

function tokenOf(vector: Vector): string | undefined {
  return vector.token ?? vector.query['security-token'] ?? lower(vector.headers)['x-oss-security-token'];
}

async function serverFor(vector: Vector): Promise<LocalOss> {
  const securityToken = tokenOf(vector);
  return startOss({
    now: () => timeOf(vector),
    region: vector.region ?? 'cn-hangzhou',
    buckets: [vector.bucket],
    accounts: [
      { accessKeyId: 'ak', accessKeySecret: 'sk', ...(securityToken === undefined ? {} : { securityToken }) },
    ],
  });
}

function flipped(signature: string): string {
  const first = signature[0] === 'a' ? 'b' : 'a';
  return first + signature.slice(1);
}

describe('vectors of the official SDKs', () => {
  const vectors: Vector[] = JSON.parse(readVectorText('signatures.json'));

  test('there are 26', () => {
    expect(vectors).toHaveLength(26);
  });

  describe.each(vectors)('$kind $name', (vector) => {
    test('stage by stage', () => {
      const query = new Map(Object.entries(vector.query));
      const headers = lower(vector.headers);
      const { method, bucket, key, date } = vector;
      if (vector.kind === 'v1') {
        const text = v1.stringToSign({ method, bucket, key, query, headers, date });
        expect(text).toBe(vector.stringToSign);
        expect(v1.signature('sk', text)).toBe(vector.expect);
        return;
      }
      const payloadHash = headers['x-oss-content-sha256'] ?? v4.unsignedPayload;
      const { additional: additionalHeaders } = vector;
      const canonical = v4.canonicalRequest({
        method,
        bucket,
        key,
        query,
        headers,
        additionalHeaders,
        payloadHash,
      });
      expect(canonical).toBe(vector.canonicalRequest);
      const scope = { day: date.slice(0, 8), region: vector.region!, product: vector.product! };
      const text = v4.stringToSign(date, scope, canonical);
      expect(text).toBe(vector.stringToSign);
      expect(v4.signature(v4.signingKey('sk', scope), text)).toBe(vector.expect);
    });

    test('over HTTP, and refused when a character of the signature differs', async () => {
      await using oss = await serverFor(vector);
      const accepted = await send(oss, wireRequest(vector, vector.expect));
      // The vectors' bodies, versions and some sub-resources are not there; what counts is what comes after that.
      const beyondTheSignature = [undefined, 'InvalidDigest', 'NoSuchKey', 'NoSuchVersion', 'NotImplemented'];
      expect(beyondTheSignature, accepted.text).toContain(element(accepted.text, 'Code'));
      const refused = await send(oss, wireRequest(vector, flipped(vector.expect)));
      expect(refused.status).toBe(403);
      expect(element(refused.text, 'Code')).toBe('SignatureDoesNotMatch');
    });
  });
});
