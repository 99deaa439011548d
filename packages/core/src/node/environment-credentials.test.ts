import { afterEach, expect, test, vi } from 'vitest';
import { environmentCredentials } from './environment-credentials.js';

afterEach(() => vi.unstubAllEnvs());

const cloud = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };
const oss = { OSS_ACCESS_KEY_ID: 'oss-id', OSS_ACCESS_KEY_SECRET: 'oss-secret' };

test.each([
  ['of the cloud', cloud, { accessKeyId: 'id', accessKeySecret: 'secret' }],
  ['of OSS', oss, { accessKeyId: 'oss-id', accessKeySecret: 'oss-secret' }],
  [
    'of the cloud before those of OSS',
    { ...oss, ...cloud },
    { accessKeyId: 'id', accessKeySecret: 'secret' },
  ],
  [
    'with their own token only',
    { ...oss, OSS_SESSION_TOKEN: 'oss-token', ALIBABA_CLOUD_SECURITY_TOKEN: 'token' },
    { accessKeyId: 'oss-id', accessKeySecret: 'oss-secret', securityToken: 'oss-token' },
  ],
  [
    'where empty ones count as none',
    { ...oss, ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '', OSS_SESSION_TOKEN: '' },
    { accessKeyId: 'oss-id', accessKeySecret: 'oss-secret' },
  ],
])('variables %s', (_, environment, expected) => {
  expect(environmentCredentials(environment)).toEqual(expected);
});

test('are those of the process unless given', () => {
  for (const [name, value] of Object.entries({ ...cloud, ALIBABA_CLOUD_SECURITY_TOKEN: 'token' })) {
    vi.stubEnv(name, value);
  }
  expect(environmentCredentials()).toEqual({
    accessKeyId: 'id',
    accessKeySecret: 'secret',
    securityToken: 'token',
  });
});

test.each([
  ['none', {}, /set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or OSS_ACCESS_KEY_ID/],
  [
    'an id alone',
    { ...oss, ALIBABA_CLOUD_ACCESS_KEY_ID: 'hidden' },
    /set ALIBABA_CLOUD_ACCESS_KEY_SECRET too/,
  ],
  ['a secret alone', { OSS_ACCESS_KEY_SECRET: 'hidden' }, /set OSS_ACCESS_KEY_ID too/],
])('%s is refused by the name of what to set, never by a value', (_, environment, message) => {
  expect(() => environmentCredentials(environment)).toThrow(message);
  expect(() => environmentCredentials(environment)).not.toThrow(/hidden/);
});
