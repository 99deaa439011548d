import type { KeyProvider } from '@oss-envelope/core';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { generateRsaKeyPair, type RsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';

/** Master keys of one year, in a form that JSON keeps. */
export interface MasterKeys {
  readonly rsa: RsaKeyPair;
  readonly aes: string;
}

/** The master keys of before and of now. */
export interface BothMasterKeys {
  readonly old: MasterKeys;
  readonly new: MasterKeys;
}

/** What objects call them. */
export type KeyName = keyof BothMasterKeys;

export async function makeMasterKeys(): Promise<BothMasterKeys> {
  const [first, second] = await Promise.all(
    [1, 2].map(async () => ({
      rsa: await generateRsaKeyPair({ modulusBits: 2048 }),
      aes: generateAesSecret(),
    })),
  );
  return { old: first as MasterKeys, new: second as MasterKeys };
}

/** Providers of the keys of one year, under a name that need not be theirs. */
export function providersOf({ rsa, aes }: MasterKeys, key: KeyName): Record<'aes' | 'rsa', KeyProvider> {
  const materialDescription = { key };
  return {
    rsa: rsaProvider({ ...rsa, materialDescription }),
    aes: aesProvider({ secret: aes, materialDescription }),
  };
}
