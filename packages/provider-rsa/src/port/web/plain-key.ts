import { MasterKeyError, type TransportError } from '@oss-envelope/core';
import { decodeBase64, loaded } from '@oss-envelope/core/adapter';
import type { KeyRole } from '../../keys/key-half.js';
import type { RsaJwk, RsaKeyInput } from '../../keys/rsa-key-input.js';
import { oaepKeys } from './oaep.js';

/** How one half of a pair is usually written. */
export interface PlainForm {
  readonly role: KeyRole;
  /** PEM as `generateRsaKeyPair` and openssl write it (RFC 7468 §3 and §10), with its base64 as the first group. */
  readonly pem: RegExp;
  /** What the PEM holds. */
  readonly format: 'pkcs8' | 'spki';
  readonly use: 'decrypt' | 'encrypt';
}

/** The JSON Web Key of a text in that form, as the runtime reads it; undefined for what it does not take. */
export async function jwkOfPem(text: string, { pem, format, use }: PlainForm): Promise<RsaJwk | undefined> {
  const der = decodeBase64(pem.exec(text)?.[1]?.replace(/\s+/g, '') ?? '');
  if (der === undefined) return undefined;
  try {
    const key = await crypto.subtle.importKey(format, der, oaepKeys['rsa-oaep-sha1'], true, [use]);
    return await crypto.subtle.exportKey('jwk', key);
  } catch {
    return undefined;
  }
}

/** A JSON Web Key that was given as an object. */
export function jwkOfObject(input: RsaKeyInput): RsaJwk | undefined {
  return typeof input === 'object' && input !== null && 'kty' in input && input.kty === 'RSA'
    ? input
    : undefined;
}

/**
 * A module that reads other forms, and says what is wrong with a key. A provider opens its key once.
 *
 * @throws MasterKeyError when it cannot be loaded
 */
export function otherForms<Module>(
  { role }: Pick<PlainForm, 'role'>,
  module: Promise<Module>,
): Promise<Module> {
  return loaded(module).catch(({ message }: TransportError) => {
    throw new MasterKeyError(
      `${role} is neither plain PEM nor a JSON Web Key, and what reads other forms is not there. ${message} Then make the provider again.`,
    );
  });
}
