import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';

// Once. Put it where your programs take their secrets from, and keep a copy: what it wrapped opens with nothing else.
process.env.PHOTOS_SECRET ??= generateAesSecret();

const provider = aesProvider({ secret: process.env.PHOTOS_SECRET });

const { key, wrappedKey } = await provider.wrapKey({ format: 'sealed' });
const opened = await provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'aes-256-gcm', wrappedKey });
console.log(opened.key.bytes.every((byte, index) => byte === key.bytes[index])); // true
