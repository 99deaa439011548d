import { describe, expect, it } from 'vitest';
import { refusalOf } from './refusal.js';
import { networkError } from './system-failure.js';

const documentOf = (fields: Record<string, string>) =>
  `<Error>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</Error>`;
const errorOf = (status: number, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  refusalOf({ status, headers, document: documentOf(fields) }).error;

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
    'CallbackFailed',
    'EntityTooLarge',
    'FileAlreadyExists',
    'FileImmutable',
    'InvalidAccessKeyId',
    'InvalidDigest',
    'InvalidObjectState',
    'KmsServiceNotEnabled',
    'NoSuchBucket',
    'NoSuchKey',
    'NoSuchUpload',
    'ObjectNotAppendable',
    'PreconditionFailed',
    'QpsLimitExceeded',
    'RequestTimeTooSkewed',
    'SecurityTokenExpired',
    'SignatureDoesNotMatch',
  ])('has advice of its own for %s', (Code) => {
    const known = errorOf(400, { Code }).message.replace(Code, '');
    expect(known).not.toBe(errorOf(400, { Code: 'SomethingNew' }).message.replace('SomethingNew', ''));
  });

  it.each([401, 403, 404, 409, 500, 503])('says what to do about a bare %i', (status) => {
    expect(refusalOf({ status, headers: {}, document: '' }).error.message).toMatch(/\)\. \w.*\.$/);
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
