import { createCipheriv, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { ports } from '../../test/ports.js';
import { pair } from '../../test/sample-pairs.js';
import { formatPem } from '../keys/pem.js';
import type { RsaPortOptions } from './rsa-port.js';

const secret = createPrivateKey(pair.privateKey);
const jwk = secret.export({ format: 'jwk' });
const options: RsaPortOptions = {
  passphrase: undefined,
  randomBytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
  allowPkcs1DecryptionInJavaScript: true,
};
const message = Uint8Array.of(1, 2, 3);
const algorithms = ['rsa-oaep-sha1', 'rsa-oaep-sha256', 'rsa-pkcs1'] as const;
const refused = async (make: () => unknown, words: string) =>
  expect((async () => make())()).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY',
    message: expect.stringContaining(words),
  });

describe.each(ports.flatMap((from) => ports.map((to) => ({ from, to }))))(
  'wrapped on $from.name, unwrapped on $to.name',
  ({ from, to }) => {
    it.each(algorithms)('%s', async (algorithm) => {
      const open = await from.port.openPublicKey(pair.publicKey, options);
      const closed = await to.port.openPrivateKey(pair.privateKey, options);
      const wrapped = await open.wrap(algorithm, message);
      // More calls than there are lanes.
      for (let call = 0; call < 6; call++) expect(await closed.unwrap(algorithm, wrapped)).toEqual(message);
      for (const other of algorithms) {
        if (other === algorithm) continue;
        const opened = await closed.unwrap(other, wrapped).catch(({ code }: { code: string }) => code);
        if (other === 'rsa-pkcs1') expect(opened).not.toEqual(message);
        else expect(opened).toBe('ERR_KEY_UNWRAP_FAILED');
      }
    });
  },
);

describe.each(ports)('on the $name port', ({ name, port }) => {
  it('a private key says what is known of it, and gives a hash of its exponent', async () => {
    for (const form of [pair.privateKey, jwk, JSON.stringify(jwk)]) {
      const key = await port.openPrivateKey(form, options);
      const [n, e, d] = [jwk.n!, jwk.e!, jwk.d!].map((text) => decodeBase64Url(text)!);
      expect(key).toMatchObject({ modulusBits: 2048, publicExponent: e, publicComponents: { n, e } });
      const padded = Buffer.concat([Buffer.alloc(n!.length - d!.length), d!]);
      const hash = createHash('sha256').update(padded).digest();
      expect(await key.hashedExponent!()).toEqual(new Uint8Array(hash));
    }
    const { kty, n, e } = jwk;
    const open = { kty: kty!, n: n!, e: e! };
    for (const form of [open, JSON.stringify(open)])
      expect((await port.openPublicKey(form, options)).modulusBits).toBe(2048);
  });

  const passphrase = 'correct horse';
  const legacy = ['des-ede3-cbc', 'aes-128-cbc', 'aes-256-cbc'].map((cipher) =>
    String(secret.export({ format: 'pem', type: 'pkcs1', cipher, passphrase } as never)),
  );

  /** A block as OpenSSL encrypts private keys, and oss2 public ones too. */
  function legacyPem(label: string, der: Uint8Array): string {
    const iv = Buffer.alloc(16, 7);
    const key = createHash('md5').update(passphrase).update(iv.subarray(0, 8)).digest();
    const cipher = createCipheriv('aes-128-cbc', key, iv);
    const headers = new Map([
      ['Proc-Type', '4,ENCRYPTED'],
      ['DEK-Info', `AES-128-CBC,${iv.toString('hex')}`],
    ]);
    return formatPem(label, Buffer.concat([cipher.update(der), cipher.final()]), headers);
  }

  it('a private key in the old encryption opens on Node alone', async () => {
    for (const pem of legacy) {
      if (name === 'web') {
        await refused(
          () => port.openPrivateKey(pem, { ...options, passphrase }),
          'in an old way that only Node',
        );
        continue;
      }
      const key = await port.openPrivateKey(pem, { ...options, passphrase });
      expect(key.publicComponents!.n).toEqual(decodeBase64Url(jwk.n!));
      await refused(() => port.openPrivateKey(pem, options), 'is encrypted. Pass its passphrase');
      await refused(() => port.openPrivateKey(pem, { ...options, passphrase: 'x' }), 'passphrase is wrong');
      const headless = pem.replace(/^Proc-Type:.*\n/m, '');
      await refused(() => port.openPrivateKey(headless, { ...options, passphrase }), 'passphrase is wrong');
    }
  });

  it('a public key that oss2 encrypted opens on Node alone', async () => {
    const { pairs } = JSON.parse(
      readFileSync(new URL('../../test/vectors/oss2-pairs.json', import.meta.url), 'utf8'),
    ) as { pairs: { passphrase: string | null; files: Record<string, string> }[] };
    const { passphrase: given, files } = pairs.find(({ passphrase }) => passphrase !== null)!;
    const pem = Object.entries(files).find(([file]) => file.includes('public'))![1];
    const own = { ...options, passphrase: given! };
    if (name === 'web') {
      await refused(() => port.openPublicKey(pem, own), 'which only Node opens here');
      return;
    }
    expect((await port.openPublicKey(pem, own)).modulusBits).toBe(2048);
    await refused(() => port.openPublicKey(pem, options), 'publicKey is encrypted. Pass its passphrase');
    await refused(() => port.openPublicKey(pem, { ...options, passphrase: 'x' }), 'passphrase is wrong');
  });

  it('a public key in the old encryption opens in both of its structures, on Node alone', async () => {
    const key = createPublicKey(pair.publicKey);
    for (const [label, type] of [
      ['PUBLIC KEY', 'spki'],
      ['RSA PUBLIC KEY', 'pkcs1'],
    ] as const) {
      const pem = legacyPem(label, key.export({ format: 'der', type }));
      const opening = async () => port.openPublicKey(pem, { ...options, passphrase });
      if (name === 'web') await refused(opening, 'which only Node opens here');
      else expect((await opening()).publicComponents!.n).toEqual(decodeBase64Url(jwk.n!));
    }
  });
});
