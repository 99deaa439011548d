// What each published vector must do with the code of this project, on whichever ports it is given.
import type { SecretBytes } from '@oss-envelope/core';
import type { Aead, Hmac } from '../../packages/core/src/cipher/aead.js';
import { frameOfBody } from '../../packages/core/src/cipher/content-scheme.js';
import { openingChunks } from '../../packages/core/src/cipher/opening-chunks.js';
import { sealed } from '../../packages/core/src/cipher/sealed.js';
import { deriveSealedKey } from '../../packages/core/src/cipher/sealed-key.js';
import { SecretBytes as Secret } from '../../packages/core/src/contract/secret-bytes.js';
import type { RsaPort, RsaPrivateKey } from '../../packages/provider-rsa/src/port/rsa-port.js';

/** The code under test. */
export interface Ports {
  readonly rsa: RsaPort;
  createAead(key: Uint8Array): Aead;
  createHmacSha512(key: Uint8Array): Hmac;
  /** OAEP under SHA-256 with the label of a vector. Our own keys have the label of sealed objects. */
  openOaepSha256(privateKey: string, label: Uint8Array, wrapped: Uint8Array): Promise<Uint8Array>;
  inflate(bytes: Uint8Array): Promise<Uint8Array>;
}

/** A vector: texts are in hex. */
export type Vector = Readonly<Record<string, string>>;
export type VectorSets = Readonly<Record<string, readonly Vector[]>>;
/** What came of a set. */
export interface SetResult {
  readonly valid: number;
  readonly invalid: number;
  /** What did not do as it must, in words. */
  readonly failed: readonly string[];
}

const bytesOf = (hex: string | undefined): Uint8Array<ArrayBuffer> =>
  Uint8Array.from((hex ?? '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const isRefused = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  (error as { code?: string }).code === 'ERR_KEY_UNWRAP_FAILED';

/** Opened keys, since many vectors share one. */
function keysOf({ rsa }: Ports): (vector: Vector) => Promise<RsaPrivateKey> {
  const opened = new Map<string, Promise<RsaPrivateKey>>();
  return ({ privateKey = '' }) => {
    const known = opened.get(privateKey);
    if (known !== undefined) return known;
    const options = {
      passphrase: undefined,
      randomBytes: (lengthBytes: number) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
      allowPkcs1DecryptionInJavaScript: true,
    };
    const opening = Promise.resolve(rsa.openPrivateKey(privateKey, options));
    opened.set(privateKey, opening);
    return opening;
  };
}

type Check = (vector: Vector) => Promise<string | undefined>;

/** The check of each set: undefined when the vector does what it must, else what it did. */
function checksOf(ports: Ports): Readonly<Record<string, Check>> {
  const keyOf = keysOf(ports);
  /** What is valid gives its message, and what is not is refused. */
  const opens = async (vector: Vector, open: () => Promise<Uint8Array>): Promise<string | undefined> => {
    let opened: Uint8Array;
    try {
      opened = await open();
    } catch (error) {
      if (!isRefused(error)) return `failed with ${String(error)}`;
      return vector.result === 'invalid' ? undefined : 'was refused';
    }
    if (vector.result === 'invalid') return 'opened';
    return hexOf(opened) === vector.msg ? undefined : 'gave another message';
  };
  return {
    async 'RSAES-PKCS1-v1_5'(vector) {
      const key = await keyOf(vector);
      if (vector.result === 'valid') return opens(vector, () => key.unwrap('rsa-pkcs1', bytesOf(vector.ct)));
      // Implicit rejection: wrong padding gives bytes that depend on key and ciphertext, the same each time; a number that
      // no encryption gives is refused.
      const attempt = () =>
        key
          .unwrap('rsa-pkcs1', bytesOf(vector.ct))
          .then(hexOf, (error) => (isRefused(error) ? 'refused' : `failed with ${error}`));
      const [once, again] = [await attempt(), await attempt()];
      if (once.startsWith('failed')) return once;
      if (once !== again) return 'gave other bytes the second time';
      return once !== '' && once === vector.msg ? 'gave the message' : undefined;
    },
    async 'RSAES-OAEP, SHA-1'(vector) {
      const key = await keyOf(vector);
      // Wrapped keys of this format have no label.
      const expected = vector.label === '' ? vector : { ...vector, result: 'invalid' };
      return opens(expected, () => key.unwrap('rsa-oaep-sha1', bytesOf(vector.ct)));
    },
    async 'RSAES-OAEP, SHA-256'(vector) {
      const key = await keyOf(vector);
      const wrapped = bytesOf(vector.ct);
      // S14: the label is that of sealed objects, so nothing that was made for another purpose opens.
      const foreign = await opens({ ...vector, result: 'invalid' }, () =>
        key.unwrap('rsa-oaep-sha256', wrapped),
      );
      if (foreign !== undefined) return `under the label of sealed objects it ${foreign}`;
      return opens(vector, () => ports.openOaepSha256(vector.privateKey!, bytesOf(vector.label), wrapped));
    },
    async 'AES-256-GCM'(vector) {
      const [key, nonce, aad, msg] = [vector.key, vector.iv, vector.aad, vector.msg].map(bytesOf) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const stored = bytesOf(`${vector.ct}${vector.tag}`);
      const aead = ports.createAead(key);
      const opened = new Uint8Array(Math.max(0, stored.length - 16));
      const isGood = await aead.open(nonce, stored, opened, 0, aad);
      if (isGood !== (vector.result === 'valid')) return isGood ? 'opened' : 'was refused';
      if (!isGood)
        return opened.every((byte) => byte === 0) ? undefined : 'wrote plaintext that is not verified';
      if (hexOf(opened) !== vector.msg) return 'gave another message';
      const made = new Uint8Array(msg.length + 16);
      await aead.seal(nonce, msg, made, 0, aad);
      return hexOf(made) === hexOf(stored) ? undefined : 'was encrypted otherwise';
    },
    // RFC 5869 over our HMAC.
    async 'HKDF-SHA-512'(vector) {
      if (vector.result === 'invalid')
        return Number(vector.size) > 255 * 64 ? undefined : 'is invalid for another reason';
      const salt = bytesOf(vector.salt);
      const key = await ports.createHmacSha512(salt.length === 0 ? new Uint8Array(64) : salt)(
        bytesOf(vector.ikm),
      );
      const hmac = ports.createHmacSha512(Uint8Array.from(key));
      const info = bytesOf(vector.info);
      let block: Uint8Array = new Uint8Array(0);
      let output = '';
      for (let count = 1; output.length < 2 * Number(vector.size); count++) {
        block = await hmac(Uint8Array.from([...block, ...info, count]));
        output += hexOf(block);
      }
      return output.slice(0, 2 * Number(vector.size)) === vector.okm ? undefined : 'gave another key';
    },
    async 'chunked encryption, Cobblestone-256'(vector) {
      const body = await ports.inflate(bytesOf(vector.ct));
      const attempt = async (): Promise<string> => {
        const dataKey: SecretBytes = new Secret(bytesOf(vector.key));
        const key = await deriveSealedKey(openingChunks, dataKey, body.subarray(0, 24), bytesOf(vector.ctx));
        const transform = sealed.decryptor(key, frameOfBody(sealed, undefined));
        const parts: Uint8Array[] = [];
        for (let offset = 0; offset < body.length; offset += 30_000)
          parts.push(Uint8Array.from(await transform.update(body.slice(offset, offset + 30_000))));
        parts.push(Uint8Array.from((await transform.finish()) ?? []));
        const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const part of parts) {
          bytes.set(part, at);
          at += part.length;
        }
        return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-512', bytes)));
      };
      const digest = await attempt().catch(() => undefined);
      if (vector.result !== 'valid') return digest === undefined ? undefined : 'opened';
      return digest === vector.msgSha512 ? undefined : 'gave another message, or none';
    },
  };
}

/** Runs every vector of every set. A set without a check fails, and so does a check without a set. */
export async function runVectors(sets: VectorSets, ports: Ports): Promise<Record<string, SetResult>> {
  const checks = checksOf(ports);
  const results: Record<string, SetResult> = {};
  for (const name of new Set([...Object.keys(sets), ...Object.keys(checks)])) {
    const failed: string[] = [];
    const vectors = sets[name] ?? [];
    const check = checks[name];
    if (check === undefined || vectors.length === 0) failed.push('has no check, or no vectors');
    else {
      for (const vector of vectors) {
        const problem = await check(vector).catch((error) => `failed with ${String(error)}`);
        if (problem !== undefined) failed.push(`${vector.tcId} (${vector.comment}) ${problem}`);
      }
    }
    const valid = vectors.filter(({ result }) => result === 'valid').length;
    results[name] = { valid, invalid: vectors.length - valid, failed };
  }
  return results;
}
