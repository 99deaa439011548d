import { type KeyObject, webcrypto } from 'node:crypto';
// As a whole: an older Node lacks the name, and would fail before anyone could say that it is too old.
import os from 'node:os';
import { KeyUnwrapError, MasterKeyError } from '@oss-envelope/core';

/** Threads of Node's pool that one key may keep busy: the pool has four, and other work needs it too. */
const mostLanes = 4;

/**
 * RSAES-OAEP decryption on Node's thread pool: a private operation takes as long as a small request, and
 * would block the main thread. OpenSSL locks a key while it works, so each lane has a copy of its own.
 */
export class OaepLanes {
  readonly #key: KeyObject;
  readonly #hash: 'SHA-1' | 'SHA-256';
  readonly #algorithm: { readonly name: 'RSA-OAEP'; readonly label?: Uint8Array<ArrayBuffer> };
  readonly #copies: (Promise<webcrypto.CryptoKey> | undefined)[] = [];
  #next = 0;

  constructor(key: KeyObject, hash: 'SHA-1' | 'SHA-256', label?: string) {
    this.#key = key;
    this.#hash = hash;
    this.#algorithm = {
      name: 'RSA-OAEP',
      ...(label !== undefined && { label: new TextEncoder().encode(label) }),
    };
  }

  /**
   * @throws KeyUnwrapError for wrong padding, or a number that is too large for the key
   * @throws MasterKeyError when Node cannot make a copy of the key; the next call tries again
   */
  async decrypt(wrapped: Uint8Array): Promise<Uint8Array> {
    const copy = await this.#copyOf(this.#next++ % Math.min(mostLanes, os.availableParallelism()));
    try {
      return new Uint8Array(await webcrypto.subtle.decrypt(this.#algorithm, copy, wrapped));
    } catch {
      throw new KeyUnwrapError();
    }
  }

  async #copyOf(lane: number): Promise<webcrypto.CryptoKey> {
    const copy = this.#copies[lane] ?? this.#import();
    this.#copies[lane] = copy;
    try {
      return await copy;
    } catch {
      if (this.#copies[lane] === copy) this.#copies[lane] = undefined;
      throw new MasterKeyError(
        "privateKey could not be handed to Node's Web Crypto, which decrypts OAEP here. The object may be in order: try again, and if that does not help, see whether the process has memory left.",
      );
    }
  }

  async #import(): Promise<webcrypto.CryptoKey> {
    const der = this.#key.export({ format: 'der', type: 'pkcs8' });
    const algorithm = { name: 'RSA-OAEP', hash: this.#hash };
    return await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['decrypt']);
  }
}
