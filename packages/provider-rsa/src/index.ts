export type { CryptoKeyLike, KeyObjectLike, RsaJwk, RsaKeyInput } from './keys/rsa-key-input.js';
export { type GenerateRsaKeyPairOptions, generateRsaKeyPair, type RsaKeyPair } from './keys/rsa-key-pair.js';
export { type RsaProviderOptions, rsaProvider } from './provider/rsa-provider.js';
export { type RsaPublicKeyOfOptions, rsaPublicKeyOf } from './provider/rsa-public-key-of.js';
