import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';

const passphrase = 'correct horse battery staple';
const { publicKey, privateKey } = await generateRsaKeyPair({ passphrase });

// To write, the public half is enough. To read, it takes the private one.
const writer = rsaProvider({ publicKey });
const reader = rsaProvider({ privateKey, passphrase });

const start = new TextEncoder().encode('8');
const { key, ...wrapped } = await writer.wrapKey({ format: 'oss-crypto', start });
const opened = await reader.unwrapKey({
  format: 'oss-crypto',
  wrapAlgorithm: 'rsa-oaep-sha1',
  ...wrapped,
});
console.log(opened.key.bytes.every((byte, index) => byte === key.bytes[index])); // true
