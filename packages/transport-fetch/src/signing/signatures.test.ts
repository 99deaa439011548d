import { encodeHex } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { digest } from '#digest';
import type { SignableRequest } from './request-to-sign.js';
import { canonicalResourceV1, formatAuthorizationV1, signatureV1, stringToSignV1 } from './signature-v1.js';
import {
  additionalHeaderNames,
  canonicalRequestV4,
  formatAuthorizationV4,
  formatTimestampV4,
  type ScopeV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
} from './signature-v4.js';

// Computed with Python's hmac and hashlib from the rules of the documentation, not with this code.

const timestamp = '20260102T030405Z';

interface V4Vector {
  readonly request: SignableRequest;
  readonly listed: readonly string[];
  readonly scope: ScopeV4;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signingKey: string;
  readonly signature: string;
}

const v4Vectors: Record<string, V4Vector> = {
  'a ranged GET of a hard key': {
    request: {
      method: 'GET',
      bucket: 'photos',
      key: '云/a b+c%2f\'"(1)*!~😀.txt',
      query: { versionId: 'CAEQ/+=' },
      headers: {
        'x-oss-date': timestamp,
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
        'x-oss-range-behavior': 'standard',
        Range: 'bytes=0-9',
      },
    },
    listed: ['Range'],
    scope: { date: '20260102', region: 'cn-hangzhou', product: 'oss' },
    canonicalRequest: [
      'GET',
      '/photos/%E4%BA%91/a%20b%2Bc%252f%27%22%281%29%2A%21~%F0%9F%98%80.txt',
      'versionId=CAEQ%2F%2B%3D',
      'range:bytes=0-9',
      'x-oss-content-sha256:UNSIGNED-PAYLOAD',
      'x-oss-date:20260102T030405Z',
      'x-oss-range-behavior:standard',
      '',
      'range',
      'UNSIGNED-PAYLOAD',
    ].join('\n'),
    stringToSign:
      'OSS4-HMAC-SHA256\n20260102T030405Z\n20260102/cn-hangzhou/oss/aliyun_v4_request\n' +
      '943ce2fb4474a6cf3a66f393437af3d0a1e2e2e4126a48b62427550429e30111',
    signingKey: '08f3adcd079d6b9c6a97ff6f94a1b72dd0eb9d9b36bab264c7e293694ad8bccb',
    signature: '409e4a1bb9dab9cd9e2bd204df26a79d9c84d4fb23b5df78da38c71fd2b257cc',
  },
  'the start of a multipart upload, with metadata that is not ASCII': {
    request: {
      method: 'POST',
      bucket: 'photos',
      key: 'films/a.mkv',
      query: { uploads: '' },
      headers: {
        'x-oss-date': timestamp,
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
        'X-Oss-Meta-Title': '  七人の侍\t',
        'Content-Type': 'video/x-matroska',
      },
    },
    listed: [],
    scope: { date: '20260102', region: 'us-east-1', product: 'oss' },
    canonicalRequest: [
      'POST',
      '/photos/films/a.mkv',
      'uploads',
      'content-type:video/x-matroska',
      'x-oss-content-sha256:UNSIGNED-PAYLOAD',
      'x-oss-date:20260102T030405Z',
      'x-oss-meta-title:七人の侍',
      '',
      '',
      'UNSIGNED-PAYLOAD',
    ].join('\n'),
    stringToSign:
      'OSS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/oss/aliyun_v4_request\n' +
      '00c0a256517b7ed50fb86e7b659c626cc83b1bd2c68dd6d0adebd9bfc1db5f93',
    signingKey: '906e46ecac40dab9dcb7ed2ebf12bdd9642ec69a7c24fbef47415d4572785ba9',
    signature: '196d25046969d98d3dac3836892c7eac5c79df52270dd6ac9de18fdc15857995',
  },
};

describe('signature version 4', () => {
  it.each(Object.entries(v4Vectors))('signs %s', async (_name, vector) => {
    const canonicalRequest = canonicalRequestV4(vector.request, vector.listed);
    expect(canonicalRequest).toBe(vector.canonicalRequest);
    const stringToSign = await stringToSignV4(timestamp, vector.scope, canonicalRequest);
    expect(stringToSign).toBe(vector.stringToSign);
    const signingKey = await signingKeyV4('secret', vector.scope);
    expect(encodeHex(signingKey)).toBe(vector.signingKey);
    const signature = await signatureV4(await digest.importHmacKey('SHA-256', signingKey), stringToSign);
    expect(signature).toBe(vector.signature);
  });

  it('names a bucket and the service without a key', () => {
    const request = { method: 'GET', query: {}, headers: {} } as const;
    expect(canonicalRequestV4({ ...request, bucket: 'photos' })).toBe(
      'GET\n/photos/\n\n\n\nUNSIGNED-PAYLOAD',
    );
    expect(canonicalRequestV4(request)).toBe('GET\n/\n\n\n\nUNSIGNED-PAYLOAD');
  });

  it('signs an MD5 always, and the hash of the body that a header names', () => {
    const headers = { 'Content-MD5': 'md5', 'x-oss-content-sha256': 'hash', 'x-oss-meta-a': ' \t a  b \t ' };
    expect(canonicalRequestV4({ method: 'PUT', query: {}, headers })).toBe(
      'PUT\n/\n\ncontent-md5:md5\nx-oss-content-sha256:hash\nx-oss-meta-a:a  b\n\n\nhash',
    );
    expect(stringToSignV1({ method: 'PUT', query: {}, headers: { 'Content-MD5': 'md5' } }, 'date')).toBe(
      'PUT\nmd5\n\ndate\n/',
    );
  });

  it('leaves the signature out of the canonical query', () => {
    const query = { 'x-oss-signature': 'abc', 'x-oss-date': 'now' };
    expect(canonicalRequestV4({ method: 'GET', query, headers: {} })).toContain('\nx-oss-date=now\n');
  });

  it('counts only additional headers that are there and not signed anyway, once each', () => {
    const headers = { Range: 'bytes=0-1', ABC: '1', 'content-type': 'a/b', 'x-oss-a': '1' };
    const listed = ['range', 'Range', 'abc', 'Content-Type', 'content-md5', 'x-oss-a', 'if-match'];
    expect(additionalHeaderNames({ headers }, listed)).toEqual(['abc', 'range']);
  });

  it('formats times and the Authorization header', () => {
    const scope: ScopeV4 = { date: '20260102', region: 'cn-hangzhou', product: 'oss' };
    expect(formatTimestampV4(new Date('2026-01-02T03:04:05.678Z'))).toBe(timestamp);
    expect(formatAuthorizationV4('id', scope, [], 'ff')).toBe(
      'OSS4-HMAC-SHA256 Credential=id/20260102/cn-hangzhou/oss/aliyun_v4_request,Signature=ff',
    );
    expect(formatAuthorizationV4('id', scope, ['a', 'b'], 'ff')).toBe(
      'OSS4-HMAC-SHA256 Credential=id/20260102/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=a;b,Signature=ff',
    );
  });
});

describe('signature version 1', () => {
  it('signs a part with a token and metadata that is not ASCII', async () => {
    const date = 'Fri, 02 Jan 2026 03:04:05 GMT';
    const request: SignableRequest = {
      method: 'PUT',
      bucket: 'photos',
      key: '云 +.png',
      query: { uploadId: 'AB%2F=', partNumber: '2', prefix: 'not signed' },
      headers: {
        'Content-Type': 'image/png',
        'x-oss-security-token': 'token',
        'x-oss-date': date,
        'x-oss-meta-title': '七人の侍 ',
        range: 'not signed',
      },
    };
    const stringToSign = stringToSignV1(request, date);
    expect(stringToSign).toBe(
      [
        'PUT',
        '',
        'image/png',
        date,
        `x-oss-date:${date}`,
        'x-oss-meta-title:七人の侍',
        'x-oss-security-token:token',
        '/photos/云 +.png?partNumber=2&uploadId=AB%2F=',
      ].join('\n'),
    );
    const signature = await signatureV1('secret', stringToSign);
    expect(signature).toBe('+pUjGyLpGRLZZLDZlFhgT3bRyd4=');
    expect(formatAuthorizationV1('id', signature)).toBe('OSS id:+pUjGyLpGRLZZLDZlFhgT3bRyd4=');
  });

  it('names a bucket and the service without a key', () => {
    expect(canonicalResourceV1({ bucket: 'photos', query: { acl: '' } })).toBe('/photos/?acl');
    expect(canonicalResourceV1({ query: {} })).toBe('/');
  });
});
