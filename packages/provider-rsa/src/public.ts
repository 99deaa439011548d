export type { CryptoKeyLike, KeyObjectLike, RsaJwk, RsaKeyInput } from './keys/rsa-key-input.js';
export {
  type RsaPublicKeyProviderOptions,
  rsaPublicKeyProvider,
} from './provider/rsa-public-key-provider.js';
