import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RsaKeyPair } from '../src/index.js';
import { encryptPkcs8 } from '../src/keys/encrypted-pkcs8.js';
import { formatPem } from '../src/keys/pem.js';

// Pairs for tests that do not care which: to make one takes longer than most tests do.

function privatePem(file: string, pick: (content: never) => string): string {
  return pick(JSON.parse(readFileSync(new URL(`./vectors/${file}.json`, import.meta.url), 'utf8')) as never);
}

function pairOf(pem: string): RsaKeyPair & { readonly object: KeyObject } {
  const object = createPrivateKey(pem);
  return {
    object,
    privateKey: String(object.export({ format: 'pem', type: 'pkcs8' })),
    publicKey: String(createPublicKey(object as never).export({ format: 'pem', type: 'spki' })),
  };
}

const { object, ...pair } = pairOf(
  privatePem(
    'oss2-pairs',
    ({ pairs }: { pairs: { files: Record<string, string> }[] }) => pairs[0]!.files['.private_key.pem']!,
  ),
);
const { object: _, ...otherPair } = pairOf(
  privatePem('implicit-rejection', ({ keys }: { keys: { privateKey: string }[] }) => keys[1]!.privateKey),
);

/** Two pairs of 2048 bits, as `generateRsaKeyPair` gives them. */
export { otherPair, pair };

/** The first of them with a passphrase, under few rounds of PBKDF2. */
export async function encryptedPair(passphrase: string): Promise<RsaKeyPair> {
  const der = Uint8Array.from(object.export({ format: 'der', type: 'pkcs8' }));
  return {
    publicKey: pair.publicKey,
    privateKey: formatPem('ENCRYPTED PRIVATE KEY', await encryptPkcs8(der, passphrase, 1000)),
  };
}
