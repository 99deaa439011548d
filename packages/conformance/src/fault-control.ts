/** What goes wrong with a request. Byte counts are of the body. */
export type FaultEffect =
  /** The connection is reset once so much of the request's body was read; nothing is stored. */
  | { readonly kind: 'reset-request'; readonly afterBytes?: number }
  /** The server stops reading and answering once so much was read; the connection stays open. */
  | { readonly kind: 'stall-request'; readonly afterBytes?: number }
  /** The request is carried out, and the connection is reset before any byte of the answer. */
  | { readonly kind: 'lost-response' }
  /** The connection is reset after so much of the answer's body. */
  | { readonly kind: 'reset-response'; readonly afterBytes?: number }
  /** The answer stops after so much of its body, and the connection stays open. */
  | { readonly kind: 'stall-response'; readonly afterBytes?: number }
  /** The answer ends after so much of its body; with `shorten`, Content-Length says that this is all. */
  | { readonly kind: 'truncate'; readonly afterBytes?: number; readonly shorten?: boolean }
  /** One bit of the answer's body is flipped. */
  | { readonly kind: 'corrupt-response'; readonly atByte?: number }
  /** The answer's `x-oss-hash-crc64ecma` is another one. */
  | { readonly kind: 'wrong-crc' }
  /** The answer has no `x-oss-hash-crc64ecma`. */
  | { readonly kind: 'no-crc' }
  /** An error answer instead of the operation: an error document of this code, under any status, 200 too. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A 307 to the same path at `origin`. */
  | { readonly kind: 'redirect'; readonly origin: string }
  /** The server's clock is off by so much, its Date header included. */
  | { readonly kind: 'skew'; readonly offsetMs: number };

/** A fault to be arranged for the next requests for one object. It can be sent as JSON. */
export type InjectedFault = FaultEffect & {
  /** Which requests it hits: those for this key, of this method where one is given. */
  readonly match: { readonly key: string; readonly method?: string };
  /** How many it hits before it is used up. Default 1. */
  readonly times?: number;
};

/** A request that the server has seen. */
export interface SeenRequest {
  readonly method: string;
  /** The status of its answer; undefined when there was none. */
  readonly status?: number | undefined;
}

/**
 * The server behind a transport, as far as a case can make it fail and see what it was sent. The local OSS of
 * `@oss-envelope/local-cloud` does all of it; from another process or runtime it is reached through an HTTP endpoint.
 */
export interface FaultControl {
  /** Where the server listens, such as `http://127.0.0.1:9000`. */
  readonly origin: string;
  add(fault: InjectedFault): unknown;
  /** The requests for a key so far, in order. */
  requests(key: string): readonly SeenRequest[] | Promise<readonly SeenRequest[]>;
  /** How many requests for a key are not over. */
  activeRequests(key: string): number | Promise<number>;
  /**
   * Where a server listens that answers each POST with the body that it was sent. The server behind the transport must
   * be able to reach it. Without it, the cases of callbacks are excluded.
   */
  readonly callbackUrl?: string | undefined;
  /** Stores an object past the transport, with header values of any text. Without it, some cases are excluded. */
  store?(key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): unknown;
}
