import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import { jwkOfObject, jwkOfPem, otherForms, type PlainForm } from './plain-key.js';

const form: PlainForm = {
  role: 'publicKey',
  pem: /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/,
  format: 'spki',
  use: 'encrypt',
};
const secret: PlainForm = {
  role: 'privateKey',
  pem: /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\s*$/,
  format: 'pkcs8',
  use: 'decrypt',
};

describe('a PEM', () => {
  it('in the form is read', async () => {
    expect(await jwkOfPem(pair.publicKey, form)).toMatchObject(
      createPublicKey(pair.publicKey).export({ format: 'jwk' }),
    );
    expect(await jwkOfPem(pair.privateKey, secret)).toMatchObject(
      createPrivateKey(pair.privateKey).export({ format: 'jwk' }),
    );
    expect(await jwkOfPem(pair.publicKey.replaceAll('\n', '\r\n'), form)).toBeDefined();
  });

  it.each([
    ['another form', 'AQID'],
    ['no base64', pair.publicKey.replace('M', 'M===')],
    ['no base64 at all', '-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n'],
    ['no key', '-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----\n'],
    ['another half', pair.privateKey],
  ])('with %s is not', async (_name, text) => {
    expect(await jwkOfPem(text, form)).toBeUndefined();
  });
});

it('an object is a JSON Web Key of RSA, or not', () => {
  const jwk = { kty: 'RSA', n: 'AQ' };
  expect(jwkOfObject(jwk)).toBe(jwk);
  for (const none of [{ kty: 'EC' }, { n: 'AQ' }, 'RSA', null, undefined, 7]) {
    expect(jwkOfObject(none as never)).toBeUndefined();
  }
});

it('a module that cannot be loaded is told with what to do', async () => {
  expect(await otherForms(form, Promise.resolve(7))).toBe(7);
  await expect(otherForms(form, Promise.reject(new Error('404')))).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY',
    message: expect.stringMatching(/^publicKey is neither/),
  });
});
