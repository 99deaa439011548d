import type { RsaPort } from '../rsa-port.js';
import { openPrivateKey } from './private-key.js';
import { openPublicKey } from './public-key.js';

/** RSA by OpenSSL through `node:crypto`. */
export const rsaPort: RsaPort = { openPublicKey, openPrivateKey };
