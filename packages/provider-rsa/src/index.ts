export type { CryptoKeyLike, KeyObjectLike, RsaJwk, RsaKeyInput } from './rsa-key-input.js';
export { type GenerateRsaKeyPairOptions, generateRsaKeyPair, type RsaKeyPair } from './rsa-key-pair.js';
export { type RsaProviderOptions, rsaProvider } from './rsa-provider.js';
