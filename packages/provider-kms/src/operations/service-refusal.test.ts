import type { ServiceError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import {
  answerMemberError,
  callsBlobForeign,
  garbledAnswerError,
  refusalError,
  refusesBlob,
  refusesCredentials,
} from './service-refusal.js';

const refused = (code: unknown, status: unknown = 400, requestId: unknown = 'r-1'): ServiceError =>
  refusalError('Decrypt', { status, code, requestId });

describe('what a refusal is taken for', () => {
  test.each([
    // Of the blob or its context; of a blob that is not its own; of the credentials.
    ['InvalidParameter', true, true, false],
    ['InvalidParameter.CiphertextBlob', true, true, false],
    ['InvalidCiphertext', true, true, false],
    ['InvalidCiphertextBlob', true, true, false],
    ['Forbidden.KeyNotFound', false, true, false],
    ['InvalidAccessKeyId', false, false, true],
    ['InvalidAccessKeyId.NotFound', false, false, true],
    ['InvalidSecurityToken.Expired', false, false, true],
    ['MissingSecurityToken', false, false, true],
    ['XInvalidParameter', false, false, false],
    ['InvalidParameters', false, false, false],
    ['InvalidParameter.', false, false, false],
    ['InvalidCiphertext.x', false, false, false],
    ['XInvalidCiphertext', false, false, false],
    ['Forbidden.KeyNotFoundX', false, false, false],
    ['X.Forbidden.KeyNotFound', false, false, false],
    ['InvalidAccessKeyIdX', false, false, false],
    ['XInvalidAccessKeyId', false, false, false],
    ['InvalidSecurityToken.', false, false, false],
    ['Forbidden.RAM', false, false, false],
    [undefined, false, false, false],
  ])('%s', (code, blob, foreign, credentials) => {
    const error = refused(code);
    expect([refusesBlob(error), callsBlobForeign(error), refusesCredentials(error)]).toEqual([
      blob,
      foreign,
      credentials,
    ]);
  });

  test('only of KMS: another error says nothing of it', () => {
    const other = Object.assign(new Error('x'), { serviceCode: 'InvalidParameter' });
    expect([refusesBlob(other), callsBlobForeign(other), refusesCredentials(other)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('what a refusal says', () => {
  test.each([
    ['Forbidden.AccessKey', /kms:Decrypt/],
    ['Forbidden.AliasNotFound', /alias/],
    ['Forbidden.InDebt', /not in service/],
    ['Forbidden.InDebtOverdue', /not in service/],
    ['Forbidden.KeyNotFound', /key id or alias/],
    ['Forbidden.KmsServiceNotEnabled', /not in service/],
    ['Forbidden.NoPermission', /kms:GenerateDataKey/],
    ['Forbidden.RAM', /kms:Encrypt/],
    ['IllegalTimestamp', /clock/],
    ['IncompleteSignature', /access key id/],
    ['InvalidAccessKeyId.NotFound', /access key id/],
    ['InvalidSecurityToken.Expired', /temporary credentials/],
    ['InvalidTimeStamp.Expired', /clock/],
    ['MissingAccessKeyId', /access key id/],
    ['MissingSecurityToken', /temporary credentials/],
    ['NoPermission', /may not do this/],
    ['Rejected.Disabled', /disabled/],
    ['Rejected.PendingDeletion', /deleted/],
    ['Rejetced.PendingDeletion', /deleted/],
    ['Rejected.PendingImport', /no material/],
    ['Rejected.Throttling', /too often/],
    ['Throttling.User', /too often/],
    ['RequestTimeTooSkewed', /clock/],
    ['SignatureDoesNotMatch', /access key id/],
    ['Other', /error codes/],
  ])('%s', (code, advice) => {
    const error = refused(code);
    expect(error.message).toMatch(advice);
    expect(error).toMatchObject({ service: 'KMS', status: 400, serviceCode: code, requestId: 'r-1' });
    expect(error.message).toContain(`KMS refused Decrypt: ${code} (status 400, request id r-1). `);
  });

  test.each([
    [500, /Try again later/],
    [499, /error codes/],
    [undefined, /error codes/],
  ])('of the status %s, where the code says nothing', (status, advice) => {
    expect(refusalError('Encrypt', { status, code: undefined, requestId: undefined }).message).toMatch(
      advice,
    );
  });

  test.each([
    ['404', 404],
    [404, 404],
    [100, 100],
    [599, 599],
    [99, undefined],
    [600, undefined],
    [404.5, undefined],
    ['4040', undefined],
    ['x404', undefined],
    ['', undefined],
    [null, undefined],
  ])('has the status %j as %j', (given, status) => {
    expect(refused('X', given).status).toBe(status);
  });

  test.each(['-X', 'a b', `a${'x'.repeat(100)}`, '5X', ' X', 'X ', '', 5])('has no code of %j', (code) => {
    const error = refused(code, 400, 'no id!');
    expect(error).toMatchObject({ serviceCode: undefined, requestId: undefined });
    expect(error.message).toContain('KMS refused Decrypt: no code (status 400). ');
  });

  test('has a code, and an id, of the greatest length', () => {
    const code = `a${'.'.repeat(99)}`;
    expect(refused(code, 400, 'x'.repeat(64))).toMatchObject({
      serviceCode: code,
      requestId: 'x'.repeat(64),
    });
    expect(refused('X', 400, 'x'.repeat(65)).requestId).toBeUndefined();
    const bare = refusalError('Decrypt', { status: undefined, code: 'X', requestId: undefined });
    expect(bare.message).toContain('KMS refused Decrypt: X. ');
  });

  test('may pass', () => {
    expect(refused('Throttling', 400).retryable).toBe(true);
    expect(refused('X', 503).retryable).toBe(true);
    expect(refused('X', 400).retryable).toBe(false);
    expect(refusalError('Encrypt', { status: 503, code: 'X', requestId: '', retryAfterMs: 5 })).toMatchObject(
      {
        retryAfterMs: 5,
      },
    );
  });
});

test('answers that are none of KMS', () => {
  expect(garbledAnswerError('Decrypt')).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  const error = answerMemberError('Decrypt', 'Plaintext', 'is missing', 'r-1');
  expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
  expect(error.message).toContain(
    'The answer to Decrypt is not one of KMS: its Plaintext is missing (request id r-1). ',
  );
  expect(answerMemberError('Decrypt', 'KeyId', 'is missing', 'no id!').message).toContain('is missing. ');
});

test.each([
  [404, 404],
  ['404', 404],
  [100, 100],
  [599, 599],
  [99, undefined],
  [600, undefined],
  [404.5, undefined],
  ['0404', undefined],
  ['404.0', undefined],
  [' 404', undefined],
  [['404'], undefined],
  [null, undefined],
  [true, undefined],
])('the status of %j is %j', (given, status) => {
  expect(refused('X', given).status).toBe(status);
});
