import { BoundedList } from '../../common/bounded-list.js';
import type { FaultKind } from './fault.js';

/** A request that the server has seen; filled in as it goes on. */
export interface LoggedRequest {
  /** The value of `x-oss-request-id` in the answer. */
  readonly id: string;
  readonly method: string;
  /** The request line's target as it was sent, query included. */
  readonly url: string;
  /** The target without its query, as it was sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly startedAt: Date;
  bucket: string | undefined;
  key: string | undefined;
  /** Decoded query parameters. */
  query: Readonly<Record<string, string>>;
  /** OSS name of the operation, such as `PutObject`; `Unknown` for none. */
  operation: string;
  /** Status of the answer; `undefined` while there is none, for good if the connection broke first. */
  status: number | undefined;
  /** Service code of an error answer. */
  errorCode: string | undefined;
  /** What went wrong inside the server, if the request met a defect of it or of its disk. */
  failure: unknown;
  /** Bytes of the body that the server has read. */
  receivedBytes: number;
  /** Bytes of the body that the server has sent. */
  sentBytes: number;
  /** Faults that hit it. */
  faults: readonly FaultKind[];
  /** Whether the server is done with it. */
  finished: boolean;
}

/** The latest requests, oldest first. */
export class RequestLog extends BoundedList<LoggedRequest> implements Iterable<LoggedRequest> {
  /** Kept requests with this operation, oldest first. */
  of(operation: string): LoggedRequest[] {
    return this.list().filter((entry) => entry.operation === operation);
  }

  [Symbol.iterator](): Iterator<LoggedRequest> {
    return this.list()[Symbol.iterator]();
  }
}
