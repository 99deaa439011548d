import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import { type PemBlock, parsePem } from '../../keys/pem.js';
import { decryptLegacyPem } from './legacy-pem.js';

const secret = createPrivateKey(pair.privateKey);
const der = secret.export({ format: 'der', type: 'pkcs1' });
const passphrase = 'Füße step';

function blockOf(text: string): PemBlock {
  const pem = parsePem(text);
  return pem.kind === 'blocks' ? pem.blocks[0]! : expect.fail(pem.cause);
}
const encrypted = (cipher: string) =>
  blockOf(String(secret.export({ format: 'pem', type: 'pkcs1', cipher, passphrase } as never)));
const withInfo = (block: PemBlock, info: string | undefined): PemBlock => ({
  ...block,
  headers: new Map(info === undefined ? [] : [['dek-info', info]]),
});

describe.each(['des-ede3-cbc', 'aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'])('%s of OpenSSL', (cipher) => {
  const block = encrypted(cipher);

  it('opens', () => {
    expect(block.headers.get('dek-info')).toMatch(new RegExp(`^${cipher},`, 'i'));
    expect(decryptLegacyPem(block, passphrase)).toEqual(der);
  });

  it('does not open with another passphrase, vector or cipher', () => {
    const info = block.headers.get('dek-info')!;
    const other = info.endsWith('0') ? '1' : '0';
    expect(decryptLegacyPem(block, 'another')).not.toEqual(der);
    expect(decryptLegacyPem(withInfo(block, info.slice(0, -1) + other), passphrase)).not.toEqual(der);
    expect(decryptLegacyPem(withInfo(block, info.slice(0, -2)), passphrase)).toBeUndefined();
    expect(decryptLegacyPem({ ...block, bytes: block.bytes.subarray(1) }, passphrase)).toBeUndefined();
  });
});

it('a header that is not known opens nothing, and throws nothing', () => {
  const block = encrypted('aes-128-cbc');
  for (const info of [
    undefined,
    '',
    'AES-128-CBC',
    'AES-128-CBC,',
    'AES-128-CBC,00112233445566',
    'AES-128-CBC,xyz',
    'AES-128-GCM,00112233445566778899aabbccddeeff',
    'DES-CBC,0011223344556677',
  ]) {
    expect(decryptLegacyPem(withInfo(block, info), passphrase)).toBeUndefined();
  }
});

it('a public key that oss2 encrypted opens', () => {
  const { pairs } = JSON.parse(
    readFileSync(new URL('../../../test/vectors/oss2-pairs.json', import.meta.url), 'utf8'),
  );
  for (const { passphrase: given, files } of pairs.filter(({ passphrase }: never) => passphrase !== null)) {
    const block = blockOf(Object.entries<string>(files).find(([name]) => name.includes('public'))![1]);
    expect(decryptLegacyPem(block, given)?.[0]).toBe(0x30);
  }
});
