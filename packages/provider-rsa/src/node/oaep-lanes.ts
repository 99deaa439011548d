import { type KeyObject, webcrypto } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { KeyUnwrapError } from '@oss-envelope/core';

/** Threads of Node's pool that one key may keep busy: the pool has four, and other work needs it too. */
const mostLanes = 4;

/**
 * RSAES-OAEP decryption with SHA-1 on Node's thread pool: a private operation takes as long as a small request, and
 * would block the main thread. OpenSSL locks a key while it works, so each lane has a copy of its own.
 */
export class OaepLanes {
  readonly #key: KeyObject;
  readonly #copies: Promise<webcrypto.CryptoKey>[] = [];
  #next = 0;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** @throws KeyUnwrapError for wrong padding, or a number that is too large for the key */
  async decrypt(wrapped: Uint8Array): Promise<Uint8Array> {
    const lane = this.#next++ % Math.min(mostLanes, availableParallelism());
    this.#copies[lane] ??= this.#copy();
    try {
      const copy = await this.#copies[lane];
      return new Uint8Array(await webcrypto.subtle.decrypt({ name: 'RSA-OAEP' }, copy, wrapped));
    } catch {
      throw new KeyUnwrapError();
    }
  }

  #copy(): Promise<webcrypto.CryptoKey> {
    const der = this.#key.export({ format: 'der', type: 'pkcs8' });
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1' };
    return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['decrypt']);
  }
}
