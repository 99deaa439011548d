// The master keys of a run: this year's and last year's, of each kind. They are plain data, so that another process can
// have them.
import type { KeyProvider } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms } from '@oss-envelope/local-cloud';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { type AgeIdentity, ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { generateRsaKeyPair, type RsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import type { ProviderName, TransportName } from './plan.js';

/** Which of the two master keys. */
export type KeyAge = 'new' | 'old';

/** Master keys, in a form that JSON keeps. */
export interface MasterKeys {
  readonly rsa: RsaKeyPair;
  readonly aes: string;
  readonly age: AgeIdentity;
  readonly kms: string;
}

/** How a provider asks KMS. */
export interface KmsAccess {
  readonly kmsUrl: string;
  readonly retries: number;
  readonly timeoutMs: number;
}

/** Makes a master key of each kind. */
export async function makeMasterKeys(kms: LocalKms): Promise<MasterKeys> {
  return {
    rsa: await generateRsaKeyPair({ modulusBits: 2048 }),
    aes: generateAesSecret(),
    age: await generateAgeIdentity({ kind: 'x25519' }),
    kms: await kms.createKey(),
  };
}

/** A provider of a master key. */
export function providerOf(
  kind: ProviderName,
  age: KeyAge,
  keys: MasterKeys,
  transport: TransportName,
  { kmsUrl, retries, timeoutMs }: KmsAccess,
): KeyProvider {
  const materialDescription = { key: age };
  if (kind === 'rsa') return rsaProvider({ ...keys.rsa, materialDescription });
  if (kind === 'aes') return aesProvider({ secret: keys.aes, materialDescription });
  if (kind === 'age') {
    const { identity, recipient } = keys.age;
    return ageProvider({ identities: identity, recipients: recipient, materialDescription });
  }
  const make = transport === 'node' ? kmsProvider : kmsFetchProvider;
  return make({
    endpoint: kmsUrl,
    credentials: { ...defaultKmsAccount },
    keyId: keys.kms,
    materialDescription,
    retries,
    timeoutMs,
    sleep: async () => {},
  });
}
