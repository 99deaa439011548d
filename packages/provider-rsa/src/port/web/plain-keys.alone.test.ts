import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import type { RsaKeyInput } from '../../keys/rsa-key-input.js';
import type { RsaPortOptions } from '../rsa-port.js';

// What reads the forms that are not plain is replaced, so that a test sees when a page would load it.
// A module is replaced once before it is loaded: of two replacements either may hold.
const others = vi.fn();
let isThere = true;
const theOthers = <T>(module: T): T => {
  if (!isThere) throw new TypeError('Failed to fetch https://user:secret@example.com/1.js');
  return module;
};
beforeEach(() => {
  vi.resetModules();
  others.mockReset().mockReturnValue('read by the others');
  isThere = true;
  vi.doMock('./private-key.js', () => theOthers({ openPrivateKey: others }));
  vi.doMock('./public-key.js', () => theOthers({ openPublicKey: others }));
});
afterAll(() => {
  vi.doUnmock('./private-key.js');
  vi.doUnmock('./public-key.js');
  vi.resetModules();
});

const secret = createPrivateKey(pair.privateKey);
const open = createPublicKey(pair.publicKey);
const options: RsaPortOptions = {
  passphrase: undefined,
  randomBytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
  allowPkcs1DecryptionInJavaScript: false,
};
const halves = [
  {
    role: 'privateKey',
    pem: pair.privateKey,
    jwk: secret.export({ format: 'jwk' }),
    der: secret.export({ format: 'der', type: 'pkcs8' }),
    otherHalf: open.export({ format: 'jwk' }),
    load: async () => (await import('./plain-private-key.js')).openPrivateKey,
  },
  {
    role: 'publicKey',
    pem: pair.publicKey,
    jwk: open.export({ format: 'jwk' }),
    der: open.export({ format: 'der', type: 'spki' }),
    otherHalf: secret.export({ format: 'jwk' }),
    load: async () => (await import('./plain-public-key.js')).openPublicKey,
  },
] as const;

describe.each(halves)('$role', ({ role, pem, jwk, der, otherHalf, load }) => {
  it.each<readonly [string, RsaKeyInput]>([
    ['PEM', pem],
    ['PEM with line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['PEM without its last line end', pem.trimEnd()],
    ['PEM with two more line ends', `${pem}\n\n`],
    ['a JSON Web Key', jwk],
  ])('as %s is read without more code', async (_name, form) => {
    const openKey = await load();
    expect(await openKey(form, options)).toMatchObject({ modulusBits: 2048 });
    expect(others).not.toHaveBeenCalled();
  });

  it.each<readonly [string, RsaKeyInput]>([
    ['PEM with a word before it', `key: ${pem}`],
    ['PEM with a word behind it', `${pem}key`],
    ['a JSON Web Key as text', JSON.stringify(jwk)],
    ['a JSON Web Key of the other half', otherHalf],
    ['a text of nothing', ''],
  ])('as %s is for the others', async (_name, form) => {
    const openKey = await load();
    expect(await openKey(form, options)).toBe('read by the others');
    expect(others).toHaveBeenCalledExactlyOnceWith(form, options);
  });

  it('as bytes is for the others, which get a copy', async () => {
    const openKey = await load();
    const given = Uint8Array.from(der);
    const opening = openKey(given, options);
    given.fill(0);
    await opening;
    expect(others).toHaveBeenCalledExactlyOnceWith(Uint8Array.from(der), options);
  });

  it('is named when the others cannot be loaded', async () => {
    isThere = false;
    const openKey = await load();
    const failure = await Promise.resolve(openKey('another form', options)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringMatching(
        new RegExp(`^${role} is neither plain PEM.*could not be loaded.*make the provider again\\.$`),
      ),
    });
    expect(String(failure)).not.toContain('example.com');
  });
});
