import { describe, expect, it } from 'vitest';
import { isErrorDocument, refusalOf } from './refusal.js';
import { networkError } from './system-failure.js';

const documentOf = (fields: Record<string, string>) =>
  `<Error>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</Error>`;
const errorOf = (status: number, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  refusalOf({ status, headers, document: documentOf(fields) }).error;
/** The sentence behind the ids. */
const adviceIn = ({ message }: Error) => message.slice(message.indexOf('). ') + 3);

describe('refusalOf', () => {
  it('tells status, codes and ids, and what to do', () => {
    const error = errorOf(
      409,
      { Code: 'FileAlreadyExists', RequestId: '5C3D', EC: '0026-00000001', Message: 'The object exists.' },
      { 'retry-after': '2' },
    );
    expect(error).toMatchObject({
      code: 'ERR_SERVICE',
      service: 'OSS',
      status: 409,
      serviceCode: 'FileAlreadyExists',
      requestId: '5C3D',
      ec: '0026-00000001',
      retryable: false,
      retryAfterMs: 2000,
    });
    expect(error.message).toBe(
      'OSS refused the request: FileAlreadyExists (HTTP 409, EC 0026-00000001, request id 5C3D). There is an object of this key, and the request forbids replacing it: use another key.',
    );
  });

  it.each([
    'AccessDenied',
    'BadDigest',
    'CallbackFailed',
    'EntityTooLarge',
    'EntityTooSmall',
    'FileAlreadyExists',
    'FileImmutable',
    'InternalError',
    'InvalidAccessKeyId',
    'InvalidBucketName',
    'InvalidDigest',
    'InvalidObjectState',
    'InvalidPart',
    'InvalidPartOrder',
    'InvalidRange',
    'InvalidSecurityToken',
    'InvalidStorageClass',
    'KmsServiceNotEnabled',
    'MetaOperationQpsLimitExceeded',
    'NoSuchBucket',
    'NoSuchKey',
    'NoSuchUpload',
    'NoSuchVersion',
    'NotImplemented',
    'NotModified',
    'ObjectNotAppendable',
    'PreconditionFailed',
    'QpsLimitExceeded',
    'RequestTimeTooSkewed',
    'RequestTimeout',
    'SecurityTokenExpired',
    'SignatureDoesNotMatch',
    'TooManyBuckets',
    'UserDisable',
  ])('has advice of its own for %s', (Code) => {
    const generic = ['SomethingNew', 'Throttling'].map((code) => adviceIn(errorOf(400, { Code: code })));
    expect(generic).not.toContain(adviceIn(errorOf(400, { Code })));
  });

  it('has advice of its own for an EC that says more than the code', () => {
    const byCode = adviceIn(errorOf(400, { Code: 'InvalidArgument' }));
    for (const Ec of ['0002-00000226', '0005-00000421']) {
      expect(adviceIn(errorOf(400, { Code: 'InvalidArgument', EC: Ec }))).not.toBe(byCode);
    }
  });

  it('says what to do about a bare status', () => {
    const advice = (status: number) => adviceIn(refusalOf({ status, headers: {}, document: '' }).error);
    expect(advice(401)).toBe(advice(403));
    expect(advice(500)).toBe(advice(503));
    expect(new Set([403, 404, 409, 503].map(advice)).size).toBe(4);
    for (const status of [403, 404, 409, 503]) expect(advice(status)).toMatch(/^\w.*\.$/);
  });

  it('says that the object of a failed callback is stored', () => {
    expect(errorOf(203, { Code: 'CallbackFailed' }).message).toMatch(/\bis stored\b/i);
  });

  it('names the endpoint of the bucket', () => {
    const fields = { Code: 'AccessDenied', Endpoint: 'oss-cn-beijing.aliyuncs.com' };
    expect(errorOf(403, fields).message).toContain('the endpoint oss-cn-beijing.aliyuncs.com: use that one');
    expect(errorOf(403, { ...fields, Endpoint: 'evil.example.com' }).message).not.toContain('evil');
  });

  it('reads the document of HEAD from a header', () => {
    const encoded = btoa(documentOf({ Code: 'NoSuchKey', RequestId: 'A' }));
    const { error } = refusalOf({ status: 404, headers: { 'x-oss-err': encoded }, document: '' });
    expect(error).toMatchObject({ serviceCode: 'NoSuchKey', requestId: 'A' });
  });

  it('says which region is meant where the signature names another', () => {
    const fields = { Code: 'InvalidArgument', EC: '0002-00000226' };
    expect(errorOf(400, fields).message).toContain('use the region of the bucket');
  });

  it("tells the server's words only where they are known", () => {
    const Message = 'You have no right to access this object because of bucket acl.';
    expect(errorOf(403, { Code: 'AccessDenied', Message }).message).toContain('because of bucket acl. Check');
    for (const fields of [
      { Code: 'AccessDenied', Message: `${Message} tokenpiece` },
      { Code: 'SignatureDoesNotMatch', Message: 'tokenpiece' },
      { Code: 'Some tokenpiece', RequestId: 'tokenpiece?', EC: 'tokenpiece' },
    ]) {
      expect(errorOf(403, fields).message).not.toContain('tokenpiece');
    }
  });

  it.each([
    ['AccessDenied', 'You have no right to access this object'],
    ['AccessDenied', 'You have no right to access this object because of bucket acl'],
    ['AccessDenied', 'You do not have read permission on this object'],
    ['AccessDenied', 'You do not have write acl permission on this object'],
    ['AccessDenied', "Access denied by authorizer's policy"],
    ['AccessDenied', 'Access denied by bucket policy'],
    ['AccessDenied', 'Access denied by VPC endpoint policy'],
    ['CallbackFailed', 'Error status : 502'],
    ['CallbackFailed', 'Error status:502'],
    ['CallbackFailed', 'Response body is not valid json format'],
    ['CallbackFailed', 'Private address is forbidden to callback'],
  ])('tells after %s that %j, and nothing around it', (Code, Message) => {
    for (const text of [Message, `${Message}.`, ` ${Message}. `]) {
      expect(errorOf(403, { Code, Message: text }).message).toContain(`). ${Message}. `);
    }
    for (const text of [`x${Message}`, `${Message}x`, `${Message}..`]) {
      expect(errorOf(403, { Code, Message: text }).message).not.toContain(Message);
    }
  });

  it.each([
    [
      'Code',
      'serviceCode',
      ['Ab', 'A.9', `A${'b'.repeat(63)}`],
      ['A', '9A', 'A b', 'Ab!', `A${'b'.repeat(64)}`],
    ],
    ['RequestId', 'requestId', ['a', 'A-9', 'a'.repeat(64)], ['', '!a', 'a!', 'a b', 'a'.repeat(65)]],
    [
      'EC',
      'ec',
      ['0002-00000226'],
      ['002-00000226', '00002-00000226', '0002-0000022', '0002-000002266', 'x'],
    ],
  ] as const)('takes for %s only what looks as it must', (field, member, taken, refused) => {
    for (const text of taken) {
      expect(errorOf(400, { [field]: ` ${text} ` })[member]).toBe(text);
    }
    for (const text of refused) expect(errorOf(400, { [field]: text })[member]).toBeUndefined();
  });

  it('takes for an endpoint only one of OSS', () => {
    const told = (Endpoint: string) =>
      errorOf(403, { Code: 'AccessDenied', Endpoint }).message.includes(Endpoint);
    expect(told('a.aliyuncs.com')).toBe(true);
    for (const wrong of [
      'x@a.aliyuncs.com',
      'a.aliyuncs.com.x',
      'aXaliyuncs.com',
      `${'a'.repeat(81)}.aliyuncs.com`,
    ]) {
      expect(told(wrong)).toBe(false);
    }
    const fields = { Code: 'NoSuchBucket', Endpoint: 'a.aliyuncs.com' };
    expect(errorOf(404, fields).message).not.toContain('aliyuncs');
  });

  it('takes ids of the headers too: that of the request before the one of the document, the EC after it', () => {
    const headers = { 'x-oss-request-id': 'H', 'x-oss-ec': '0000-00000001' };
    expect(errorOf(400, { RequestId: 'D', EC: '0000-00000002' }, headers)).toMatchObject({
      requestId: 'H',
      ec: '0000-00000002',
    });
    expect(errorOf(400, {}, headers)).toMatchObject({ requestId: 'H', ec: '0000-00000001' });
    const { message } = errorOf(400, {});
    expect(message).toContain('no code given (HTTP 400)');
  });

  it('reads the header of HEAD only where there is no document', () => {
    const encoded = btoa(documentOf({ Code: 'NoSuchKey' }));
    const document = documentOf({ Code: 'NoSuchBucket' });
    const { error } = refusalOf({ status: 404, headers: { 'x-oss-err': encoded }, document });
    expect(error.serviceCode).toBe('NoSuchBucket');
    const other = btoa('<Other><Code>NoSuchKey</Code></Other>');
    for (const value of [other, '!', '']) {
      const refusal = refusalOf({ status: 404, headers: { 'x-oss-err': value }, document: '' });
      expect(refusal.error.serviceCode).toBeUndefined();
    }
  });

  it.each([
    [299, false],
    [300, true],
    [304, false],
    [399, true],
    [400, false],
  ])('of %i is about a redirect: %s', (status, isRedirect) => {
    const { error } = refusalOf({ status, headers: {}, document: '' });
    expect(error.message.includes('region and the endpoint')).toBe(isRedirect);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'takes the code %s for one that it does not know',
    (Code) => {
      expect(errorOf(400, { Code }).message).toContain('Look the code and the EC up');
    },
  );

  it('makes a redirect an error that says where to look', () => {
    const error = errorOf(307, { Code: 'TemporaryRedirect' }, { 'x-oss-request-id': 'A' });
    expect(error).toMatchObject({ status: 307, requestId: 'A', retryable: false });
    expect(error.message).toContain('region and the endpoint');
  });

  it.each([
    [304, 'NotModified'],
    [412, 'PreconditionFailed'],
    [416, 'InvalidRange'],
  ])('takes the code of a bare %i from the status', (status, serviceCode) => {
    const { error } = refusalOf({ status, headers: {}, document: '' });
    expect(error).toMatchObject({ status, serviceCode, retryable: false });
  });

  it("gives the server's time", () => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const timeMs = Date.parse(date);
    expect(refusalOf({ status: 403, headers: { date }, document: '' }).serverTimeMs).toBe(timeMs);
    const document = documentOf({ ServerTime: '2026-01-01T00:00:00.000Z' });
    expect(refusalOf({ status: 403, headers: { date: 'never' }, document }).serverTimeMs).toBe(timeMs);
    expect(refusalOf({ status: 403, headers: {}, document: '' }).serverTimeMs).toBeUndefined();
  });
});

it.each([
  ['<Error/>', true],
  ['<Error><Code>A</Code></Error>', true],
  ['<Other/>', false],
  ['Error', false],
  ['', false],
])('%j is the document of an error: %s', (document, expected) => {
  expect(isErrorDocument(document)).toBe(expected);
});

describe('networkError', () => {
  it.each([
    ['ECONNREFUSED', true, 'its port included'],
    ['ENOTFOUND', false, 'the region and the endpoint'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'does not speak TLS'],
    ['ECONNRESET', true, 'Try again'],
    ['CERT_HAS_EXPIRED', false, 'Check the endpoint'],
    [undefined, true, 'CORS'],
    ['constructor', true, 'CORS'],
  ])('of %s', (code, retryable, advice) => {
    const error = networkError(code);
    expect(error.retryable).toBe(retryable);
    expect(error.message).toContain(advice);
  });
});
