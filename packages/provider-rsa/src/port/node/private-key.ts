import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';
import { KeyUnwrapError, sealedLabel } from '@oss-envelope/core';
import { doesNotParse, passphraseMissing, passphraseWrong } from '../../keys/key-errors.js';
import { privateHalf } from '../../keys/key-half.js';
import { classifyPrivateKey, type PrivateKeyMaterial } from '../../keys/key-material.js';
import { formatPem, type PemBlock } from '../../keys/pem.js';
import {
  bitLength,
  padWithLeadingZeros,
  privateComponentsOfJwk,
  privateJwk,
} from '../../keys/rsa-components.js';
import { type HmacSha256, unpadPkcs1 } from '../pkcs1-unpadding.js';
import type { OpenPrivateKey, RsaPrivateKey } from '../rsa-port.js';
import { openSealedPrivateKey } from '../web/sealed-key.js';
import { importRuntimeKey, parsed } from './key-object.js';
import { OaepLanes } from './oaep-lanes.js';

/** Opens a private key for OpenSSL through `node:crypto`, at once, so that a bad one is refused where it is passed. */
export const openPrivateKey: OpenPrivateKey = (input, { passphrase }) => {
  const material = classifyPrivateKey(input);
  if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPrivateKey(material.key);
  return usePrivateKey(importPrivateKey(material, passphrase));
};

function usePrivateKey(key: KeyObject): RsaPrivateKey {
  const components = privateComponentsOfJwk(key.export({ format: 'jwk' }));
  if (components === undefined) throw doesNotParse(privateHalf);
  const { n, e, d } = components;
  const hashedExponent = Uint8Array.from(
    createHash('sha256').update(padWithLeadingZeros(d, n.length)).digest(),
  );
  const lanes = new OaepLanes(key, 'SHA-1');
  const sealedLanes = new OaepLanes(key, 'SHA-256', sealedLabel);
  return {
    modulusBits: bitLength(n),
    publicExponent: e,
    publicComponents: { n, e },
    hashedExponent: async () => hashedExponent,
    async unwrap(algorithm, wrapped) {
      // OpenSSL takes shorter input for a smaller number; no encryption makes it (RFC 8017 §7.1.2 and §7.2.2, step 1).
      if (wrapped.length !== n.length) throw new KeyUnwrapError();
      if (algorithm === 'rsa-oaep-sha1') return lanes.decrypt(wrapped);
      if (algorithm === 'rsa-oaep-sha256') return sealedLanes.decrypt(wrapped);
      // Node 20 refuses RSA_PKCS1_PADDING (CVE-2023-46809), and what later versions do depends on their OpenSSL.
      const encodedMessage = decryptRaw(key, wrapped);
      return await unpadPkcs1(encodedMessage, Uint8Array.from(wrapped), hashedExponent, hmacSha256);
    },
  };
}

function decryptRaw(key: KeyObject, wrapped: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, wrapped));
  } catch {
    throw new KeyUnwrapError();
  }
}

const hmacSha256: HmacSha256 = (key, messages) => {
  // Node 24 takes four times as long to import bytes for each of them.
  const secret = createSecretKey(key);
  return messages.map((message) => createHmac('sha256', secret).update(message).digest());
};

function importPrivateKey(material: PrivateKeyMaterial, passphrase: string | undefined): KeyObject {
  const half = privateHalf;
  if (material.kind === 'key-object' || material.kind === 'crypto-key') return importRuntimeKey(material);
  if (material.kind === 'components') {
    return parsed(half, () => createPrivateKey({ key: privateJwk(material.components), format: 'jwk' }));
  }
  if (material.kind === 'der' && material.structure !== 'encrypted-pkcs8') {
    const key = Buffer.from(material.der);
    const type = material.structure;
    return parsed(half, () => createPrivateKey({ key, format: 'der', type }));
  }
  if (passphrase === undefined) throw passphraseMissing(half);
  return parsed(
    half,
    () =>
      material.kind === 'der'
        ? createPrivateKey({ key: Buffer.from(material.der), format: 'der', type: 'pkcs8', passphrase })
        : createPrivateKey({ key: pemOf(material.block), format: 'pem', passphrase }),
    passphraseWrong,
  );
}

function pemOf({ label, bytes, headers }: PemBlock): string {
  // OpenSSL takes the names of these headers in this case only.
  const names = [
    ['proc-type', 'Proc-Type'],
    ['dek-info', 'DEK-Info'],
  ] as const;
  return formatPem(label, bytes, new Map(names.map(([name, written]) => [written, headers.get(name) ?? ''])));
}
