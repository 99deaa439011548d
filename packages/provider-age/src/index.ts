export {
  type AgeIdentity,
  ageRecipientsOf,
  type GenerateAgeIdentityOptions,
  generateAgeIdentity,
} from './keys/age-identity.js';
export type { AgeIdentityInput, CryptoKeyLike } from './keys/identities.js';
export { type CreateAgePasskeyOptions, createAgePasskey, type PasskeyInput } from './keys/passkey.js';
export { type AgeProviderOptions, ageProvider } from './provider/age-provider.js';
