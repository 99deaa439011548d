import { constants, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto';
import { sealedLabel } from '@oss-envelope/core';
import { doesNotParse, passphraseMissing, passphraseWrong } from '../../keys/key-errors.js';
import { publicHalf } from '../../keys/key-half.js';
import { classifyPublicKey, type PublicKeyMaterial } from '../../keys/key-material.js';
import { bitLength, publicComponentsOfJwk, publicJwk } from '../../keys/rsa-components.js';
import type { OpenPublicKey, RsaPublicKey } from '../rsa-port.js';
import { openSealedPublicKey } from '../web/sealed-key.js';
import { importRuntimeKey, parsed } from './key-object.js';
import { decryptLegacyPem } from './legacy-pem.js';

const pkcs1 = { padding: constants.RSA_PKCS1_PADDING } as const;
const oaepSha256 = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: Buffer.from(sealedLabel),
} as const;
const oaepSha1 = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const;

/** For a bare key, Node documents OAEP with SHA-1, and Node 24 takes half as long; others may differ in it. */
const isNode = !('Bun' in globalThis || 'Deno' in globalThis);

/** Opens a public key for OpenSSL through `node:crypto`, at once, so that a bad one is refused where it is passed. */
export const openPublicKey: OpenPublicKey = (input, { passphrase }) => {
  const material = classifyPublicKey(input);
  if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPublicKey(material.key);
  return usePublicKey(importPublicKey(material, passphrase));
};

function usePublicKey(key: KeyObject): RsaPublicKey {
  const publicComponents = publicComponentsOfJwk(key.export({ format: 'jwk' }));
  if (publicComponents === undefined) throw doesNotParse(publicHalf);
  return {
    modulusBits: bitLength(publicComponents.n),
    publicExponent: publicComponents.e,
    publicComponents,
    async wrap(algorithm, bytes) {
      if (algorithm === 'rsa-pkcs1') return encrypt({ key, ...pkcs1 }, bytes);
      if (algorithm === 'rsa-oaep-sha256') return encrypt({ key, ...oaepSha256 }, bytes);
      return encrypt(isNode ? key : { key, ...oaepSha1 }, bytes);
    },
  };
}

function encrypt(key: Parameters<typeof publicEncrypt>[0], bytes: Uint8Array): Uint8Array {
  const wrapped = publicEncrypt(key, bytes);
  // New already. A runtime may cut it out of memory that others have a part of.
  const { buffer, byteLength } = wrapped;
  return buffer.byteLength === byteLength ? new Uint8Array(buffer as ArrayBuffer) : Uint8Array.from(wrapped);
}

function importPublicKey(material: PublicKeyMaterial, passphrase: string | undefined): KeyObject {
  const half = publicHalf;
  if (material.kind === 'key-object' || material.kind === 'crypto-key') return importRuntimeKey(material);
  if (material.kind === 'components') {
    return parsed(half, () => createPublicKey({ key: publicJwk(material.components), format: 'jwk' }));
  }
  if (material.kind === 'der') {
    const key = Buffer.from(material.der);
    return parsed(half, () => createPublicKey({ key, format: 'der', type: material.structure }));
  }
  if (passphrase === undefined) throw passphraseMissing(half);
  const key = decryptLegacyPem(material.block, passphrase);
  if (key === undefined) throw passphraseWrong(half);
  const type = material.block.label === 'PUBLIC KEY' ? 'spki' : 'pkcs1';
  return parsed(half, () => createPublicKey({ key, format: 'der', type }), passphraseWrong);
}
