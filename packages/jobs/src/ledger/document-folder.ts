import {
  CapabilityMissingError,
  isOssEnvelopeError,
  type ListObjectsRequest,
  type ObjectPage,
  type ObjectTransport,
  TransportError,
} from '@oss-envelope/core';
import { compareUtf8, maxKeysPerPage, retryPolicy, withRetries } from '@oss-envelope/core/adapter';

/** What small documents in a bucket need of a transport. */
export type DocumentTransport = Pick<ObjectTransport, 'delete' | 'get' | 'list' | 'put'>;

/** What stands under a name: text, nothing, or what is no text of that size. */
export type Found = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'broken' | 'gone' };

/** Small documents in a folder of a bucket. What is read may be anybody's. */
export class DocumentFolder {
  readonly #transport: DocumentTransport;
  readonly folder: string;

  /** @param folder - ends with a slash */
  constructor(transport: DocumentTransport, folder: string) {
    this.#transport = transport;
    this.folder = folder;
  }

  /** Keeps a document, unless there is one of that name. (In a bucket with versions OSS replaces it all the same.) */
  async create(name: string, text: string): Promise<void> {
    try {
      await this.#put(name, text, { 'x-oss-forbid-overwrite': 'true' });
    } catch (error) {
      if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 409)) throw error;
    }
  }

  /** Keeps a document, in the place of an earlier one. */
  async replace(name: string, text: string): Promise<void> {
    await this.#put(name, text, {});
  }

  /** @param mostBytes - what is larger is broken, and not read */
  read(name: string, mostBytes: number): Promise<Found> {
    return withRetries(() => this.#readOnce(name, mostBytes), {
      // The transport sends a request again, but cannot go on with an answer that broke off.
      repeatable: 'always',
      policy: retryPolicy({ retries: 2 }),
    });
  }

  /** Removes a document; one that is not there is removed already. */
  async remove(name: string): Promise<void> {
    await this.#transport.delete({ key: this.folder + name, headers: {} });
  }

  /** The names in a folder of this one, in order. */
  async *names(folder: string): AsyncGenerator<string> {
    const prefix = this.folder + folder;
    for await (const { objects } of pages(this.#transport, { prefix })) {
      for (const { key } of objects) yield key.slice(this.folder.length);
    }
  }

  async #put(name: string, text: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    await this.#transport.put({
      key: this.folder + name,
      headers: { 'content-type': 'application/json', ...headers },
      body: { kind: 'bytes', bytes },
    });
  }

  async #readOnce(name: string, mostBytes: number): Promise<Found> {
    let text = '';
    try {
      const { chunks } = await this.#transport.get({ key: this.folder + name, headers: {} });
      const decoder = new TextDecoder('utf-8', { fatal: true });
      let sizeBytes = 0;
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        if (sizeBytes > mostBytes) return { kind: 'broken' };
        text += decoder.decode(chunk, { stream: true });
      }
      text += decoder.decode();
    } catch (error) {
      if (isMissing(error)) return { kind: 'gone' };
      // The decoder's: no text.
      if (error instanceof TypeError && !isOssEnvelopeError(error)) return { kind: 'broken' };
      throw error;
    }
    return { kind: 'text', text };
  }
}

/** All pages of a list. @throws TransportError for a list that goes back, or in circles; what the transport throws */
export async function* pages(
  transport: Pick<ObjectTransport, 'list'>,
  request: Pick<ListObjectsRequest, 'delimiter' | 'prefix'>,
): AsyncGenerator<ObjectPage> {
  if (transport.list === undefined) {
    throw new CapabilityMissingError('list', 'This transport has no lists. Use one that has.');
  }
  let continuationToken: string | undefined;
  let last = '';
  do {
    const page = await transport.list({
      ...request,
      continuationToken,
      maxKeys: maxKeysPerPage,
      headers: {},
    });
    for (const { key } of page.objects) {
      if (key.startsWith(request.prefix ?? '') && compareUtf8(key, last) > 0) last = key;
      else throw brokenList();
    }
    const next = page.nextContinuationToken;
    if (next !== undefined && next === continuationToken) throw brokenList();
    yield page;
    continuationToken = next;
  } while (continuationToken !== undefined);
}

function brokenList(): TransportError {
  return new TransportError(
    'The list cannot be trusted: it goes back, or names what was not asked for. Check the endpoint.',
    { retryable: false },
  );
}

function isMissing(error: unknown): boolean {
  return (
    isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404 && error.serviceCode !== 'NoSuchBucket'
  );
}
