export { type AesProviderOptions, aesProvider } from './provider/aes-provider.js';
export { type AesSecret, type AesSecretInput, generateAesSecret } from './secret/aes-secret.js';
