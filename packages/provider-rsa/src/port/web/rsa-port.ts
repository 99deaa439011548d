import type { RsaPort } from '../rsa-port.js';
import { openPrivateKey } from './private-key.js';
import { openPublicKey } from './public-key.js';

/** RSA by Web Crypto, for browsers, edge workers and other runtimes. */
export const rsaPort: RsaPort = { openPublicKey, openPrivateKey };
