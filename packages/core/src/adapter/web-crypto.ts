import { AlgorithmNotSupportedError } from '../errors/errors.js';

/**
 * Checks that the runtime has what everything here is encrypted with. Node before 19 has it behind a flag, and browsers
 * only give it to pages that came over HTTPS or from localhost (Web Cryptography, "secure contexts").
 *
 * @throws AlgorithmNotSupportedError that says what to change
 */
export function assertWebCrypto(): void {
  // Its type says that it is there.
  const { crypto } = globalThis as { readonly crypto?: Partial<Crypto> };
  if (crypto?.subtle !== undefined) return;
  throw new AlgorithmNotSupportedError(
    'This runtime has no Web Crypto (crypto.subtle). Use Node 20.19 or later; serve a page over https, or from localhost.',
  );
}
