import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import { passphraseWrong } from '../../keys/key-errors.js';
import { privateHalf, publicHalf } from '../../keys/key-half.js';
import { importRuntimeKey, parsed } from './key-object.js';

const secret = createPrivateKey(pair.privateKey);
const open = createPublicKey(pair.publicKey);
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const failing = () => {
  throw new Error('asn1 encoding routines:0x12345678');
};
const refused = (make: () => unknown, message: RegExp) =>
  expect(make).toThrow(
    expect.objectContaining({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(message) }),
  );

it('a key that OpenSSL reads is given, if it is of this half and of RSA', () => {
  expect(parsed(privateHalf, () => secret)).toBe(secret);
  expect(parsed(publicHalf, () => open)).toBe(open);
  refused(() => parsed(privateHalf, () => open), /^privateKey is a public key/);
  refused(() => parsed(publicHalf, () => secret), /^publicKey is a private key/);
  refused(() => parsed(publicHalf, () => curve.publicKey), /^publicKey is not an RSA key/);
  refused(() => parsed(privateHalf, () => curve.privateKey), /^privateKey is not an RSA key/);
  refused(() => parsed(privateHalf, () => createSecretKey(Buffer.alloc(16))), /is not an RSA key/);
});

it('one that it does not read is told without its words', () => {
  refused(() => parsed(privateHalf, failing), /^privateKey does not parse: (?!.*asn1)/);
  refused(() => parsed(privateHalf, failing, passphraseWrong), /^privateKey does not open/);
});

it('a key of the runtime is itself', async () => {
  const key = await crypto.subtle.importKey(
    'spki',
    Uint8Array.from(open.export({ format: 'der', type: 'spki' })),
    { name: 'RSA-OAEP', hash: 'SHA-1' },
    true,
    ['encrypt'],
  );
  expect(importRuntimeKey({ kind: 'key-object', key: open as never })).toBe(open);
  expect(importRuntimeKey({ kind: 'crypto-key', key }).equals(open)).toBe(true);
});
