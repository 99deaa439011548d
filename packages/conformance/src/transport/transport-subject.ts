import type { ObjectTransport } from '@oss-envelope/core';
import type { FaultControl } from '../fault-control.js';

/** The members of an object transport that it may lack. */
export type OptionalCapability =
  | 'acl'
  | 'bucketView'
  | 'copy'
  | 'deleteMany'
  | 'getByUrl'
  | 'list'
  | 'parts'
  | 'presign'
  | 'tags';

/** What a transport is like, where transports may differ. */
export interface TransportTraits {
  /**
   * How often a request that may be sent again is sent again, at most, after its first time. Default 0. The transport
   * that `createTransport` makes must wait for a few milliseconds only in between.
   */
  readonly retries?: number | undefined;
  /** Whether it takes the server's time when it is told that its clock is wrong. Default false. */
  readonly correctsClock?: boolean | undefined;
  /** What it does not offer. The cases that need it are excluded, and it must really be missing. */
  readonly lacks?: readonly OptionalCapability[] | undefined;
}

/** A transport whose credentials can be renewed. */
export interface RenewingTransport {
  readonly transport: ObjectTransport;
  /** How often its credentials were fetched so far. */
  renewals(): number;
}

/** The part of `fetch` that cases use. */
export type SendPresigned = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Uint8Array<ArrayBuffer>;
  },
) => Promise<Pick<Response, 'arrayBuffer' | 'status'>>;

/** An object transport to be tried. */
export interface TransportSubject {
  /**
   * A transport to a bucket that is there and that may be written to. For cases of faults it must give up on a silent
   * connection within about a second.
   */
  createTransport(): ObjectTransport | Promise<ObjectTransport>;
  /**
   * The same with credentials that it fetches, and fetches again when the server refuses them. Left out, the cases of
   * ended credentials are excluded.
   */
  createRenewingTransport?(): RenewingTransport | Promise<RenewingTransport>;
  /** Sends what was presigned, as somebody without credentials would. Default: the runtime's `fetch`. */
  readonly fetch?: SendPresigned | undefined;
  /** Put before the name of every object that a case makes. Default `conformance/`. */
  readonly keyPrefix?: string | undefined;
  /** What no error may hold, in any case: credentials, for example. */
  readonly secrets?: readonly string[] | undefined;
  readonly traits?: TransportTraits | undefined;
  /** The means to make requests fail. Without them the cases of faults are excluded. */
  readonly faults?: FaultControl | undefined;
}
