export { type AesSecretFileOptions, aesSecretInFile } from './aes-secret-in-file.js';
