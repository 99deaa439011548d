import { type CredentialsInput, credentialsSource } from '@oss-envelope/core/adapter';
import { expect, test } from 'vitest';
import { credentialedCall } from './credentialed-call.js';
import type { CallControl, KmsAnswer } from './kms-operations.js';

const answer: KmsAnswer = {
  ciphertextBlob: undefined,
  keyId: 'k',
  plaintext: 'cGxhaW4=',
  requestId: undefined,
};
const parameters = { ciphertextBlob: 'blob', encryptionContext: undefined };
const control: CallControl = { signal: new AbortController().signal, timeoutMs: 1000 };

/** A KMS that takes one access key id, and counts what it was asked. */
function world(input: CredentialsInput, accepted: string, code = 'InvalidSecurityToken.Expired') {
  const asked: string[] = [];
  const call = credentialedCall(credentialsSource(input), ({ accessKeyId }) => async () => {
    asked.push(accessKeyId);
    if (accessKeyId === accepted) return answer;
    throw Object.assign(new Error('refused'), { statusCode: 400, data: { Code: code } });
  });
  return { asked, call: () => call('Decrypt', parameters, control) };
}

function issues(): { give: () => { accessKeyId: string; accessKeySecret: string }; count: () => number } {
  let issue = 0;
  return { give: () => ({ accessKeyId: `id${++issue}`, accessKeySecret: 'secret' }), count: () => issue };
}

test('credentials that KMS refuses are replaced once for all callers, and each request is made again', async () => {
  const { give, count } = issues();
  const { asked, call } = world(give, 'id2');
  expect(await Promise.all([call(), call(), call()])).toEqual([answer, answer, answer]);
  expect(asked).toEqual(['id1', 'id1', 'id1', 'id2', 'id2', 'id2']);
  await call();
  expect(count()).toBe(2);
});

test('a second refusal is the end', async () => {
  const { give } = issues();
  const { asked, call } = world(give, 'none');
  await expect(call()).rejects.toMatchObject({ serviceCode: 'InvalidSecurityToken.Expired' });
  expect(asked).toEqual(['id1', 'id2']);
});

test.each<[string, CredentialsInput]>([
  ['a value', { accessKeyId: 'id1', accessKeySecret: 'secret' }],
  ['a function that has no others', () => ({ accessKeyId: 'id1', accessKeySecret: 'secret' })],
])('the request is not made again with the same ones of %s', async (_name, input) => {
  const { asked, call } = world(input, 'none');
  await expect(call()).rejects.toMatchObject({ serviceCode: 'InvalidSecurityToken.Expired' });
  expect(asked).toEqual(['id1']);
});

test('other refusals do not change credentials', async () => {
  const { give } = issues();
  const { asked, call } = world(give, 'id2', 'Forbidden.NoPermission');
  await expect(call()).rejects.toMatchObject({ serviceCode: 'Forbidden.NoPermission' });
  expect(asked).toEqual(['id1']);
});

test.each(['accessKeySecret', 'securityToken'] as const)(
  'others are those of which one part is another: %s',
  async (part) => {
    let issue = 0;
    const give = () => ({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
      [part]: `${++issue}`,
    });
    const call = credentialedCall(credentialsSource(give), (credentials) => async () => {
      if (credentials[part] === '2') return answer;
      throw Object.assign(new Error('refused'), { statusCode: 400, data: { Code: 'InvalidSecurityToken' } });
    });
    expect(await call('Decrypt', parameters, control)).toBe(answer);
  },
);
