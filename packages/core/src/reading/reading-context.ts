import type { ContentScheme } from '../cipher/content-scheme.js';
import type { ObjectTransport } from '../contract/object-transport.js';
import type { ObjectKeys } from '../envelope/object-keys.js';

/** What reading needs of a transport. */
export type ReadingTransport = Pick<ObjectTransport, 'bucketName' | 'crc64' | 'get' | 'head' | 'retry'>;

/** What a bucket reads with. */
export interface ReadingContext {
  readonly transport: ReadingTransport;
  readonly keys: ObjectKeys;
  readonly lenient: boolean;
  /** How the objects are stored that are most likely read. A range is asked for by it when nothing better is known. */
  readonly likelyScheme: ContentScheme;
}

/** What to do with an object without an envelope. */
export type OnPlainObject = 'error' | 'pass';
