import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { KeyUnwrapError, sealedLabel } from '@oss-envelope/core';
import { type KeyRole, keyErrors } from '../../keys/key-errors.js';
import {
  assertKeyRole,
  classifyPrivateKey,
  classifyPublicKey,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
} from '../../keys/key-material.js';
import { formatPem, type PemBlock } from '../../keys/pem.js';
import {
  bitLength,
  padWithLeadingZeros,
  privateComponentsOfJwk,
  privateJwk,
  publicComponentsOfJwk,
  publicJwk,
} from '../../keys/rsa-components.js';
import type { CryptoKeyLike, KeyObjectLike } from '../../keys/rsa-key-input.js';
import { type HmacSha256, unpadPkcs1 } from '../pkcs1-unpadding.js';
import type { RsaPort, RsaPrivateKey, RsaPublicKey } from '../rsa-port.js';
import { openSealedPrivateKey, openSealedPublicKey } from '../web/oaep-key.js';
import { decryptLegacyPem } from './legacy-pem.js';
import { OaepLanes } from './oaep-lanes.js';

const pkcs1 = { padding: constants.RSA_PKCS1_PADDING } as const;
const oaepSha256 = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: Buffer.from(sealedLabel),
} as const;
const oaepSha1 = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const;

/** For a bare key, Node documents OAEP with SHA-1, and Node 24 takes half as long; others may differ in it. */
const isNode = !('Bun' in globalThis || 'Deno' in globalThis);

/** RSA by OpenSSL through `node:crypto`. Keys are opened at once, so that a bad one is refused where it is passed. */
export const rsaPort: RsaPort = {
  openPublicKey(input, { passphrase }) {
    const material = classifyPublicKey(input);
    if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPublicKey(material.key);
    return usePublicKey(importPublicKey(material, passphrase));
  },
  openPrivateKey(input, { passphrase }) {
    const material = classifyPrivateKey(input);
    if (material.kind === 'crypto-key' && !material.key.extractable)
      return openSealedPrivateKey(material.key);
    return usePrivateKey(importPrivateKey(material, passphrase));
  },
};

function usePublicKey(key: KeyObject): RsaPublicKey {
  const publicComponents = publicComponentsOfJwk(key.export({ format: 'jwk' }));
  if (publicComponents === undefined) throw keyErrors.doesNotParse('publicKey');
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
  return new Uint8Array(publicEncrypt(key, bytes));
}

function usePrivateKey(key: KeyObject): RsaPrivateKey {
  const components = privateComponentsOfJwk(key.export({ format: 'jwk' }));
  if (components === undefined) throw keyErrors.doesNotParse('privateKey');
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

function importPublicKey(material: PublicKeyMaterial, passphrase: string | undefined): KeyObject {
  const role = 'publicKey';
  if (material.kind === 'key-object' || material.kind === 'crypto-key') return importRuntimeKey(material);
  if (material.kind === 'components') {
    return parsed(role, () => createPublicKey({ key: publicJwk(material.components), format: 'jwk' }));
  }
  if (material.kind === 'der') {
    const key = Buffer.from(material.der);
    return parsed(role, () => createPublicKey({ key, format: 'der', type: material.structure }));
  }
  if (passphrase === undefined) throw keyErrors.passphraseMissing(role);
  const key = decryptLegacyPem(material.block, passphrase);
  if (key === undefined) throw keyErrors.passphraseWrong(role);
  const type = material.block.label === 'PUBLIC KEY' ? 'spki' : 'pkcs1';
  return parsed(role, () => createPublicKey({ key, format: 'der', type }), keyErrors.passphraseWrong);
}

function importPrivateKey(material: PrivateKeyMaterial, passphrase: string | undefined): KeyObject {
  const role = 'privateKey';
  if (material.kind === 'key-object' || material.kind === 'crypto-key') return importRuntimeKey(material);
  if (material.kind === 'components') {
    return parsed(role, () => createPrivateKey({ key: privateJwk(material.components), format: 'jwk' }));
  }
  if (material.kind === 'der' && material.structure !== 'encrypted-pkcs8') {
    const key = Buffer.from(material.der);
    const type = material.structure;
    return parsed(role, () => createPrivateKey({ key, format: 'der', type }));
  }
  if (passphrase === undefined) throw keyErrors.passphraseMissing(role);
  return parsed(
    role,
    () =>
      material.kind === 'der'
        ? createPrivateKey({ key: Buffer.from(material.der), format: 'der', type: 'pkcs8', passphrase })
        : createPrivateKey({ key: pemOf(material.block), format: 'pem', passphrase }),
    keyErrors.passphraseWrong,
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

function importRuntimeKey(
  material: { kind: 'crypto-key'; key: CryptoKeyLike } | { kind: 'key-object'; key: KeyObjectLike },
): KeyObject {
  return material.kind === 'key-object'
    ? (material.key as KeyObject)
    : KeyObject.from(material.key as Parameters<typeof KeyObject.from>[0]);
}

// OpenSSL's own message is dropped: it does not say what to do, and a `cause` travels into logs.
function parsed(
  role: KeyRole,
  parse: () => KeyObject,
  failure: (role: KeyRole) => Error = keyErrors.doesNotParse,
): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw failure(role);
  }
  assertKeyRole(role, key.type);
  if (key.asymmetricKeyType !== 'rsa') throw keyErrors.notRsa(role);
  return key;
}
