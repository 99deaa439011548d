import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { BodySource } from './oss-response.js';

// Page GetObject, Accept-Encoding.
const minBytes = 1024;
const types: ReadonlySet<string> = new Set([
  'text/cache-manifest',
  'text/xml',
  'text/plain',
  'text/css',
  'application/javascript',
  'application/x-javascript',
  'application/rss+xml',
  'application/json',
  'text/json',
]);

/** Whether Accept-Encoding takes gzip (RFC 9110 §12.5.3). */
function acceptsGzip(header: string | undefined): boolean {
  const codings = (header ?? '').split(',').map((part) =>
    part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  const weight = (name: string) =>
    codings.find(([coding]) => coding === name)?.find((p) => p.startsWith('q='));
  const listed = codings.find(([coding]) => coding === 'gzip') ?? codings.find(([coding]) => coding === '*');
  return listed !== undefined && Number(weight(listed[0] ?? '')?.slice(2) ?? '1') > 0;
}

/**
 * Whether OSS compresses an object on the way: a text of 1 KiB or more, for a client that accepts gzip.
 * @param headers The headers that the answer would have.
 */
export function isCompressed(
  acceptEncoding: string | undefined,
  headers: Readonly<Record<string, string>>,
  sizeBytes: number,
): boolean {
  if (sizeBytes < minBytes || 'content-encoding' in headers || !acceptsGzip(acceptEncoding)) return false;
  return types.has((headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase());
}

/** A body that is compressed as it is sent. */
export class GzipBody implements BodySource {
  readonly #source: BodySource;

  constructor(source: BodySource) {
    this.#source = source;
  }

  async *read(startBytes: number, endBytes: number): AsyncGenerator<Uint8Array> {
    const gzip = createGzip();
    const source = Readable.from(ownChunks(this.#source.read(startBytes, endBytes)), { objectMode: false });
    source.on('error', (error) => gzip.destroy(error));
    try {
      yield* source.pipe(gzip) as AsyncIterable<Uint8Array>;
    } finally {
      source.destroy();
      gzip.destroy();
    }
  }

  release(): void {
    this.#source.release();
  }
}

/** A source may overwrite its chunks; a stream reads ahead. */
async function* ownChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
