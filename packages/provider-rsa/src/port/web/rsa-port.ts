import type { RsaPort } from '../rsa-port.js';
import { openPrivateKey } from './plain-private-key.js';
import { openPublicKey } from './plain-public-key.js';

/** RSA by Web Crypto, for browsers, edge workers and other runtimes. A page loads what unusual keys take when it has one. */
export const rsaPort: RsaPort = { openPublicKey, openPrivateKey };
