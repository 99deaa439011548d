import { ServiceError, TransportError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { clientFailure, timeoutError } from './client-failure.js';

const url = 'https://kms.cn-hangzhou.aliyuncs.com/?AccessKeyId=id&Signature=sig&Plaintext=secret';
const thrown = (members: object, message = ''): Error => Object.assign(new Error(message), members);

describe('refusals, in the shape of each client', () => {
  test.each([
    [
      '1.2',
      thrown(
        {
          code: 'Forbidden.KeyNotFoundError',
          data: { Code: 'Forbidden.KeyNotFound', RequestId: 'r-2', HostId: 'kms' },
        },
        'Forbidden.KeyNotFoundError: code: 404, The specified Key is not found. requestid: r-2',
      ),
    ],
    [
      '1.2, lower case',
      thrown(
        { code: 'Forbidden.KeyNotFoundError', data: { code: 'Forbidden.KeyNotFound', requestId: 'r-2' } },
        'Forbidden.KeyNotFoundError: code: 404, code: 999, requestid: r-2',
      ),
    ],
    [
      '2.x',
      thrown({
        code: 'Forbidden.KeyNotFound',
        statusCode: 404,
        data: { Code: 'Forbidden.KeyNotFound', RequestId: 'r-2', statusCode: 404 },
      }),
    ],
    [
      '3.x',
      thrown({ name: 'ClientError', code: 'Forbidden.KeyNotFound', statusCode: 404, requestId: 'r-2' }),
    ],
  ])('%s', (_generation, error) => {
    const failure = clientFailure('Decrypt', error);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({
      service: 'KMS',
      status: 404,
      serviceCode: 'Forbidden.KeyNotFound',
      requestId: 'r-2',
      retryable: false,
    });
  });

  test('without a code, or with one that is none', () => {
    const without = thrown({ code: 'undefinedError', data: {} }, 'undefinedError: code: 502, undefined');
    expect(clientFailure('Encrypt', without)).toMatchObject({
      status: 502,
      serviceCode: undefined,
      retryable: true,
    });
    const odd = thrown({ statusCode: 400, data: { Code: `${url}`, RequestId: `${url}` } });
    const failure = clientFailure('Encrypt', odd);
    expect(failure).toMatchObject({ status: 400, serviceCode: undefined, requestId: undefined });
    expect(failure.message).not.toContain('secret');
  });

  test.each([
    ['Rejected.Throttling', 429, true],
    ['Throttling', 400, true],
    ['Throttling.User', 400, true],
    ['ServiceUnavailableTemporary', 503, true],
    ['SerivceUnavailableTemporary', undefined, true],
    ['InternalFailure', 500, true],
    ['Whatever', 500, true],
    ['Rejected.LimitExceeded', 400, false],
    ['Forbidden.NoPermission', 403, false],
    ['InvalidParameter', 400, false],
    ['SignatureDoesNotMatch', 400, false],
  ])('%s with status %s: retryable is %s', (code, statusCode, retryable) => {
    expect(clientFailure('Decrypt', thrown({ code, statusCode, data: { Code: code } }))).toMatchObject({
      retryable,
    });
  });

  test.each([
    ['Rejected.PendingImport', /import it/],
    ['Rejetced.PendingDeletion', /cancel its deletion/],
    ['InvalidTimeStamp.Expired', /clock/],
    ['InvalidSecurityToken.Expired', /fresh temporary credentials/],
    ['Forbidden.KmsServiceNotEnabled', /console/],
    ['Something.New', /error codes/],
  ])('%s says what to do', (code, advice) => {
    expect(clientFailure('Decrypt', thrown({ statusCode: 400, data: { Code: code } })).message).toMatch(
      advice,
    );
  });
});

describe('exchanges that failed', () => {
  test.each([
    ['ECONNRESET', true],
    ['ECONNREFUSED', true],
    ['ENOTFOUND', false],
    ['ETIMEDOUT', true],
    ['EAI_AGAIN', true],
    ['UND_ERR_SOCKET', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false],
    ['CERT_HAS_EXPIRED', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
  ])('%s, also as the cause of what fetch throws: retryable is %s', (code, retryable) => {
    for (const error of [
      thrown({ code }, `socket hang upPOST ${url} failed.`),
      new TypeError('fetch failed', { cause: thrown({ code }, url) }),
    ]) {
      const failure = clientFailure('Encrypt', error);
      expect(failure).toBeInstanceOf(TransportError);
      expect(failure).toMatchObject({ retryable });
      expect(failure.message).toContain(code);
      expect(failure.message).not.toContain('secret');
      expect(failure).not.toHaveProperty('cause');
    }
  });
  test('a server without TLS', () => {
    const failure = clientFailure('Encrypt', thrown({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: false, message: expect.stringContaining('whole URL') });
  });
  test('answers that are not JSON, time-outs, and what fetch throws without a code', () => {
    for (const error of [
      new SyntaxError(`Unexpected token '<', "<html>${url}"... is not valid JSON`),
      thrown({ name: 'RequestTimeoutError' }, `ReadTimeout(300). POST ${url} failed.`),
      new TypeError(`Failed to fetch ${url}`),
    ]) {
      const failure = clientFailure('Encrypt', error);
      expect(failure).toBeInstanceOf(TransportError);
      expect(failure).toMatchObject({ retryable: true });
      expect(failure.message).not.toContain('secret');
    }
  });
  test('anything else that is thrown', () => {
    for (const error of [thrown({}, url), url, undefined, null, 7, thrown({ code: url })]) {
      const failure = clientFailure('Encrypt', error);
      expect(failure).toBeInstanceOf(TransportError);
      expect(failure).toMatchObject({ retryable: false });
      expect(failure.message).not.toContain('secret');
    }
  });
});

describe('where a client has said it', () => {
  const failureOf = (members: object, message = '') => clientFailure('Decrypt', thrown(members, message));

  test('the members of the error come before its data, and these before its message', () => {
    const message = 'Code: code: 503, x';
    expect(failureOf({ statusCode: 404, data: { statusCode: 403 } }, message)).toMatchObject({ status: 404 });
    expect(failureOf({ data: { statusCode: 403 } }, message)).toMatchObject({ status: 403 });
    expect(failureOf({}, message)).toMatchObject({ status: 503 });
    const data = { Code: 'First', code: 'Second', RequestId: 'r-1', requestId: 'r-2' };
    const all = { statusCode: 400, code: 'Third', requestId: 'r-3' };
    expect(failureOf({ ...all, data })).toMatchObject({ serviceCode: 'First', requestId: 'r-1' });
    const { code, requestId } = data;
    expect(failureOf({ ...all, data: { code, requestId } })).toMatchObject({
      serviceCode: 'Second',
      requestId: 'r-2',
    });
    expect(failureOf(all)).toMatchObject({ serviceCode: 'Third', requestId: 'r-3' });
    expect(failureOf({ ...all, data: 'text' })).toMatchObject({ serviceCode: 'Third' });
    expect(failureOf({ data: { Code: 'First' } })).toMatchObject({ serviceCode: 'First', status: undefined });
  });

  test.each([
    ['code: 404, x', 404],
    ['Forbidden.RAM: code: 403, x', 403],
    ['code: 404', 404],
    ['two words: code: 404, x', undefined],
    ['a:b: code: 404, x', undefined],
    ['x code: 404, x', undefined],
    ['code: 4040, x', undefined],
    ['code: 40, x', undefined],
    ['code: abc, x', undefined],
    [': code: 404, x', undefined],
  ])('the message %j has the status %s', (message, status) => {
    const failure = failureOf({}, message);
    expect(failure instanceof ServiceError).toBe(status !== undefined);
    if (status !== undefined) expect(failure).toMatchObject({ status });
  });

  test.each([[['code: 404, x']], [{ toString: (): string => 'code: 404, x' }], [Symbol('code: 404, x')]])(
    'a message that is no text has none: %s',
    (message) => {
      expect(clientFailure('Decrypt', { message })).toBeInstanceOf(TransportError);
    },
  );

  test.each([
    ['NoPermissionError', 'NoPermission'],
    ['NoPermissionErrorError', 'NoPermissionError'],
    ['ErrorOfTheirs', 'ErrorOfTheirs'],
    ['undefinedError', undefined],
    ['NotundefinedError', 'Notundefined'],
    [7, undefined],
  ])('the code %s is %s', (code, serviceCode) => {
    expect(failureOf({ statusCode: 400, code })).toMatchObject({ serviceCode });
  });

  test.each([
    [1500, 1500],
    [0, 0],
    [-1, undefined],
    ['1500', undefined],
    [undefined, undefined],
  ])('to come back after %s is a pause of %s ms', (retryAfter, retryAfterMs) => {
    expect(failureOf({ statusCode: 429, retryAfter })).toMatchObject({ status: 429, retryAfterMs });
  });

  test('an error of this project is handed on as it is', () => {
    const own = new TransportError('own', { retryable: true });
    expect(clientFailure('Decrypt', own)).toBe(own);
  });
});

describe('which failure it is', () => {
  const [authority, certificate, noTls, unreachable] = [
    /is of an authority that is not trusted here/,
    /does not hold/,
    /does not speak TLS/,
    /^KMS could not be reached for Encrypt \(/,
  ];
  test.each([
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', authority],
    ['UNABLE_TO_GET_ISSUER_CERT', authority],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', authority],
    ['SELF_SIGNED_CERT', authority],
    ['SELF_SIGNED_CERT_IN_CHAIN', authority],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', authority],
    ['X_UNABLE_TO_GET_ISSUER_CERT', unreachable],
    ['UNABLE_TO_GET_ISSUER_CERT_X', unreachable],
    ['UNABLE_TO_GET_CRL', unreachable],
    ['CERT_HAS_EXPIRED', certificate],
    ['ERR_TLS_CERT_ALTNAME_INVALID', certificate],
    ['HOSTNAME_MISMATCH', certificate],
    ['X_CERT_HAS_EXPIRED', unreachable],
    ['ERR_SSL_WRONG_VERSION_NUMBER', noTls],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', noTls],
    ['X_ERR_SSL_WRONG_VERSION_NUMBER', unreachable],
    ['ERR_SSL_WRONG_VERSION_NUMBER_X', unreachable],
    ['ECONNRESET', unreachable],
  ])('%s', (code, message) => {
    const failure = clientFailure('Encrypt', thrown({ code }));
    expect(failure.message).toMatch(message);
    if (message !== unreachable) expect(failure).toMatchObject({ retryable: false });
  });

  test.each([
    ['ABC', true],
    ['A1_', true],
    [`A${'B'.repeat(60)}`, true],
    ['AB', false],
    [`A${'B'.repeat(61)}`, false],
    ['ABC-D', false],
    ['abc', false],
    ['1ABC', false],
    ['ABC ', false],
    [' ABC', false],
    [['ABC'], false],
  ])('the code %s is told: %s', (code, isTold) => {
    const { message } = clientFailure('Encrypt', thrown({ code }));
    expect(message.includes(`(${code})`)).toBe(isTold);
  });

  test('a code of the error comes before that of its cause, if it is one', () => {
    const cause = { code: 'ECONNREFUSED' };
    expect(clientFailure('Encrypt', thrown({ code: 'EPIPE', cause })).message).toContain('(EPIPE)');
    expect(clientFailure('Encrypt', thrown({ code: 'no code', cause })).message).toContain('(ECONNREFUSED)');
    expect(clientFailure('Encrypt', thrown({ cause: 'ECONNREFUSED' })).message).not.toContain('ECONN');
  });

  test('a time-out is one whatever code it has; certificates come first', () => {
    const name = 'RequestTimeoutError';
    const timeOut = clientFailure('Encrypt', thrown({ name, code: 'ENOTFOUND' }));
    expect(timeOut).toMatchObject({ retryable: true, message: expect.stringMatching(/in time/) });
    expect(clientFailure('Encrypt', thrown({ name, code: 'CERT_HAS_EXPIRED' }))).toMatchObject({
      retryable: false,
    });
    expect(timeoutError('Encrypt', 5)).toMatchObject({
      retryable: true,
      message: expect.stringContaining('within 5 ms'),
    });
  });

  test.each([
    ['TypeError', true, /could not be reached/],
    ['NetworkError', true, /could not be reached/],
    ['SyntaxError', true, /is not JSON/],
    ['Error', false, /failed at Encrypt without an answer/],
  ])('%s without a code', (name, retryable, message) => {
    const failure = clientFailure('Encrypt', { name, message: 'x' });
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable, message: expect.stringMatching(message) });
  });
});
