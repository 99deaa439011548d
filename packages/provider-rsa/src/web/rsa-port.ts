import { AlgorithmNotSupportedError } from '@oss-envelope/core';
import type { RsaPort } from '../rsa-port.js';

/** Placeholder until the port exists. */
export const rsaPort: RsaPort = {
  openPublicKey() {
    throw new AlgorithmNotSupportedError('This runtime is not supported yet.');
  },
  openPrivateKey() {
    throw new AlgorithmNotSupportedError('This runtime is not supported yet.');
  },
};
