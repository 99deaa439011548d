import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';

// Once: post-quantum, unless asked otherwise. The identity is the secret.
const { identity, recipient } = await generateAgeIdentity();

// Whoever writes needs the recipient only, whoever reads the identity.
const writer = ageProvider({ recipients: recipient });
const reader = ageProvider({ identities: identity });

const { key, wrappedKey } = await writer.wrapKey({ format: 'sealed' });
const opened = await reader.unwrapKey({ format: 'sealed', wrapAlgorithm: 'age', wrappedKey });
console.log(opened.key.bytes.every((byte, index) => byte === key.bytes[index])); // true
