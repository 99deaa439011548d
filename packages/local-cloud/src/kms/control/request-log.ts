import { BoundedList } from '../../common/bounded-list.js';
import type { SignatureGeneration } from '../signatures/authentication.js';

/**
 * One request that reached the local KMS, and how it was answered. It holds everything that was sent, secrets
 * included: that is what tests look for.
 */
export interface KmsRequest {
  readonly method: string;
  /** The request target as sent, with its query string. */
  readonly rawUrl: string;
  /** The headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The operation asked for; undefined when the request names none. */
  readonly action: string | undefined;
  /** Query string and form body, decoded; empty when they cannot be read. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly generation: SignatureGeneration | undefined;
  /** For `Encrypt`: whether the `Plaintext` was base64. */
  readonly plaintextIsBase64: boolean | undefined;
  /** The HTTP status of the answer; undefined while there is none. */
  readonly status: number | undefined;
  /** The service's error code, when it refused. */
  readonly code: string | undefined;
  /** The `RequestId` of the answer. */
  readonly requestId: string;
  /** The kind of the fault that struck, if one did. */
  readonly fault: string | undefined;
}

/** A request as the server completes it. */
export type OpenKmsRequest = { -readonly [Member in keyof KmsRequest]: KmsRequest[Member] };

/** The latest requests, oldest first, up to a bound. */
export class KmsRequestLog implements Iterable<KmsRequest> {
  readonly #list: BoundedList<KmsRequest>;

  /** @param capacity - how many requests are kept */
  constructor(capacity: number) {
    this.#list = new BoundedList(capacity);
  }

  /** The requests that are kept, oldest first. */
  get entries(): readonly KmsRequest[] {
    return this.#list.list();
  }

  /** How many requests are kept. */
  get length(): number {
    return this.#list.length;
  }

  /** The latest request. */
  get last(): KmsRequest | undefined {
    return this.#list.last();
  }

  /** The kept requests for one operation, oldest first. */
  of(action: string): readonly KmsRequest[] {
    return this.entries.filter((entry) => entry.action === action);
  }

  /** The operations of the kept requests, oldest first. */
  get actions(): readonly (string | undefined)[] {
    return this.entries.map((entry) => entry.action);
  }

  /** Forgets every request. */
  clear(): void {
    this.#list.clear();
  }

  /** Adds a request, which the server completes later. */
  push(entry: OpenKmsRequest): void {
    this.#list.add(entry);
  }

  [Symbol.iterator](): Iterator<KmsRequest> {
    return this.entries[Symbol.iterator]();
  }
}
