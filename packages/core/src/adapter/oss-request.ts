import type { Headers, ObjectTransport, UploadBody } from '../contract/object-transport.js';
import { text as assertText } from './option-checks.js';
import type { Refusal } from './refusal.js';
import type { TransportOperation } from './retry.js';

/** The methods that the operations use. */
export type Method = 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';

/** Query parameters, decoded. An empty value stands for the name alone, as in `?uploads`. */
export type Query = Readonly<Record<string, string>>;

/** A request of OSS's API as a sender gets it: checked, but without a URL and not signed. */
export interface OssRequest {
  readonly method: Method;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: Query;
  /** Only with `takesUrls`: signed elsewhere, and to be sent as it is, whatever key and query are. */
  readonly url?: string | undefined;
  /** Names in lower case, values of printable ASCII. The sender adds those of its protocol. */
  readonly headers: Headers;
  readonly body?: UploadBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has arrived, whatever its status. */
export interface OssAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  /** Whether nobody else has the memory of what `read` gives. */
  readonly chunksAreOwned?: boolean | undefined;
  /** Whether the runtime has undone a Content-Encoding, as `fetch` does. */
  readonly isDecoded?: boolean | undefined;
  /**
   * The next bytes of the body; undefined at its end, when the connection is released too. Not called again before it
   * has settled.
   *
   * @throws TransportError when the body breaks off, and the signal's reason after an abort. After a failure it
   *   throws the same error again
   */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the connection: later reads reject with this error. After the end of the body it does nothing. */
  cancel(error: Error): void;
  /**
   * Learns from a refusal, so that the same request may be accepted when it is signed again.
   *
   * @returns a name of what was put right, if anything
   */
  remedy?(refusal: Refusal): string | undefined;
}

/**
 * Sends a request once, and gives whatever is answered. Used concurrently.
 *
 * @throws TransportError; after an abort and when the body's source fails, anything: the caller is told the signal's
 *   reason or the source's own error. Then nothing of the request goes on
 */
export type SendRequest = (request: OssRequest) => Promise<OssAnswer>;

/** Sends a request, again if need be, and takes its answer of 2xx in. */
export type CallOss = <T>(
  operation: TransportOperation,
  request: OssRequest,
  take: (answer: OssAnswer) => Promise<T>,
  own?: Headers,
) => Promise<T>;

/** A transport with every optional capability that needs nothing but a sender. */
export type CompleteObjectTransport = ObjectTransport & {
  readonly [Capability in
    | 'acl'
    | 'bucketView'
    | 'copy'
    | 'deleteMany'
    | 'list'
    | 'parts'
    | 'tags']: NonNullable<ObjectTransport[Capability]>;
};

/** The query of a request for one version of an object. */
export function versionQuery(versionId: string | undefined): Query {
  return versionId === undefined ? {} : { versionId: assertText('versionId', versionId) };
}

/** Without a type, OSS and ali-oss guess one from the key. That would say something about the content. */
export function typed(headers: Headers): Headers {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return hasType ? headers : { 'content-type': 'application/octet-stream', ...headers };
}
