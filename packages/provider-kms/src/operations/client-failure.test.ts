import { ServiceError, TransportError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { clientFailure } from './client-failure.js';

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
