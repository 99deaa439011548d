import type { ListedUpload, ListedVersion, ObjectAcl, ObjectPage } from '@oss-envelope/core';
import { combineCrc64, crc64, formatCrc64 } from '@oss-envelope/crc64';
import type { FaultControl, FaultEffect, InjectedFault, SeenRequest, SendPresigned } from '../src/index.js';

export interface MemoryRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'POST';
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The request's body as it comes; a broken one throws. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The client's clock, off by so much. */
  readonly clockOffsetMs: number;
}

export interface MemoryAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Throws 'reset' where the connection breaks, and hangs until `release` where it stalls. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly parts?: { partNumber: number; etag: string; sizeBytes: number }[];
  readonly page?: ObjectPage;
  readonly document?: string;
  readonly acl?: ObjectAcl;
  readonly tags?: Record<string, string>;
  /** Versions of a page, or uploads, and where it goes on. */
  readonly entries?: MemoryEntries;
  /** The client lets go of the connection. */
  readonly release: () => void;
}

/** A page of what a bucket holds besides its objects. */
export interface MemoryEntries {
  readonly versions: readonly ListedVersion[];
  readonly uploads: readonly ListedUpload[];
  readonly next: { readonly key: string; readonly id: string } | undefined;
}

interface Stored {
  readonly acl: ObjectAcl;
  readonly tags: Record<string, string>;
  readonly lastModified: string;
  readonly bytes: Uint8Array;
  readonly headers: Record<string, string>;
  readonly crc64: bigint;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly parts: Map<number, Stored>;
}

type Seen = { method: string; key: string; status: number | undefined; isOpen: boolean };

/** A bucket of OSS within this process, without HTTP, that fails on request. */
export class MemoryOss implements FaultControl {
  readonly origin = 'memory:';
  readonly callbackUrl = 'memory:callback';
  readonly #objects = new Map<string, Stored>();
  readonly #uploads = new Map<string, Upload>();
  readonly #seen: Seen[] = [];
  readonly #faults: (InjectedFault & { left: number })[] = [];
  #count = 0;

  add(fault: InjectedFault): void {
    this.#faults.push({ ...fault, left: fault.times ?? 1 });
  }

  store(key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): void {
    this.#objects.set(key, stored(bytes, { ...headers }));
  }

  requests(key: string): SeenRequest[] {
    return this.#seen.filter((request) => request.key === key);
  }

  activeRequests(key: string): number {
    return this.#seen.filter((request) => request.key === key && request.isOpen).length;
  }

  /** What `fetch` would do with a URL that a `MemoryTransport` has signed. */
  readonly fetch: SendPresigned = async (url, { method, headers, body }) => {
    const request = openSignedUrl(url, method, headers);
    if (request === undefined) return new Response('', { status: 403 });
    const chunks = (async function* () {
      if (body !== undefined) yield body;
    })();
    const { signal } = new AbortController();
    const answer = await this.exchange({ ...request, body: chunks, clockOffsetMs: 0 }, signal);
    const bytes: Uint8Array[] = [];
    for await (const chunk of answer.body) bytes.push(chunk);
    answer.release();
    return new Response(Buffer.concat(bytes), { status: answer.status });
  };

  /** Answers, or throws 'reset', or hangs until `signal` aborts. */
  async exchange(request: MemoryRequest, signal: AbortSignal): Promise<MemoryAnswer> {
    const seen: Seen = { method: request.method, key: request.key, status: undefined, isOpen: true };
    this.#seen.push(seen);
    try {
      const answer = await this.#answer(request, signal);
      const release = (): void => {
        seen.isOpen = false;
      };
      seen.status = answer.status;
      return { ...answer, release };
    } catch (error) {
      seen.isOpen = false;
      throw error;
    }
  }

  async #answer(request: MemoryRequest, signal: AbortSignal): Promise<Omit<MemoryAnswer, 'release'>> {
    const effects = this.#strike(request);
    const find = <K extends FaultEffect['kind']>(kind: K): Extract<FaultEffect, { kind: K }> | undefined =>
      effects.find(
        (effect): effect is Extract<FaultEffect & InjectedFault, { kind: K }> => effect.kind === kind,
      );
    const broken = find('reset-request') ?? find('stall-request');
    const taken: Uint8Array[] = [];
    for await (const chunk of request.body) {
      taken.push(new Uint8Array(chunk));
      if (broken !== undefined) break;
    }
    if (broken?.kind === 'reset-request') throw new Error('reset');
    if (broken?.kind === 'stall-request') await aborted(signal);
    const status = find('status');
    if (status !== undefined) {
      const answer = refusal(status.status, status.code ?? 'Error');
      return { ...answer, headers: { ...answer.headers, ...status.headers } };
    }
    const redirect = find('redirect');
    if (redirect !== undefined) return { status: 307, headers: { location: redirect.origin }, body: none() };
    const skewMs = find('skew')?.offsetMs ?? 0;
    if (Math.abs(skewMs - request.clockOffsetMs) > 900_000) {
      const refused = refusal(403, 'RequestTimeTooSkewed');
      refused.headers.date = new Date(Date.now() + skewMs).toUTCString();
      return refused;
    }
    const answer = this.#operate(request, Buffer.concat(taken));
    answer.headers['x-oss-request-id'] = `request-${this.#seen.length}`;
    if (find('lost-response')) throw new Error('reset');
    if (find('no-crc')) delete answer.headers['x-oss-hash-crc64ecma'];
    if (find('wrong-crc')) answer.headers['x-oss-hash-crc64ecma'] = '1';
    // On the wire values are bytes, which clients see as one character each.
    const wired = Object.entries(answer.headers).map(([name, value]) => [
      name,
      Buffer.from(value).toString('latin1'),
    ]);
    const document = callbackAnswer(request.headers);
    const sent = {
      ...answer,
      headers: Object.fromEntries(wired),
      ...(document !== undefined && { document }),
    };
    return { ...sent, body: spoilt(sent, effects, signal) };
  }

  #strike(request: MemoryRequest): readonly FaultEffect[] {
    const hits = this.#faults.filter(
      ({ match, left }) =>
        left > 0 && match.key === request.key && (match.method ?? request.method) === request.method,
    );
    for (const fault of hits) fault.left--;
    return hits;
  }

  #operate(
    request: MemoryRequest,
    body: Uint8Array,
  ): { status: number; headers: Record<string, string>; bytes: Uint8Array } & Pick<
    MemoryAnswer,
    'acl' | 'entries' | 'page' | 'parts' | 'tags'
  > {
    const { method, key, query, headers } = request;
    if (key === '' && method === 'POST') {
      for (const name of JSON.parse(new TextDecoder().decode(body)) as string[]) this.#objects.delete(name);
      return { status: 200, headers: {}, bytes: empty };
    }
    if (key === '' && query.worm !== undefined) return refused(404, 'NoSuchWORMConfiguration');
    if (key === '' && (query.versions !== undefined || query.uploads !== undefined)) {
      return { status: 200, headers: {}, bytes: empty, entries: this.#entries(query) };
    }
    if (key === '') return { status: 200, headers: {}, bytes: empty, page: this.#page(query) };
    const upload = query.uploadId === undefined ? undefined : this.#uploads.get(query.uploadId);
    if (query.uploadId !== undefined && upload === undefined) return refused(404, 'NoSuchUpload');
    if (method === 'POST' && upload === undefined) {
      const uploadId = `upload-${++this.#count}`;
      this.#uploads.set(uploadId, { key, headers: kept(headers), parts: new Map() });
      return { status: 200, headers: { 'upload-id': uploadId }, bytes: empty };
    }
    if (method === 'PUT' && upload !== undefined) {
      const part = stored(body, {});
      upload.parts.set(Number(query.partNumber), part);
      return { status: 200, headers: described(part), bytes: empty };
    }
    if (method === 'POST' && upload !== undefined) {
      const wanted = JSON.parse(new TextDecoder().decode(body)) as number[];
      const parts = wanted.sort((a, b) => a - b).map((number) => upload.parts.get(number) as Stored);
      const object = stored(Buffer.concat(parts.map((part) => part.bytes)), upload.headers);
      const combined = parts.reduce((sum, part) => combineCrc64(sum, part.crc64, part.bytes.length), 0n);
      if (combined !== object.crc64) throw new Error('the CRC-64 of the parts does not add up');
      this.#objects.set(key, object);
      this.#uploads.delete(query.uploadId as string);
      return { status: 200, headers: described(object), bytes: empty };
    }
    if (method === 'GET' && upload !== undefined) {
      const all = [...upload.parts].map(([partNumber, part]) => ({
        partNumber,
        etag: part.etag,
        sizeBytes: part.bytes.length,
      }));
      all.sort((a, b) => a.partNumber - b.partNumber);
      const after = all.filter(({ partNumber }) => partNumber > Number(query.marker ?? 0));
      const page = after.slice(0, 1000);
      const next = after.length > page.length ? String(page.at(-1)?.partNumber) : '';
      return { status: 200, headers: { 'next-marker': next }, bytes: empty, parts: page };
    }
    if (method === 'DELETE' && upload !== undefined) {
      this.#uploads.delete(query.uploadId as string);
      return { status: 204, headers: {}, bytes: empty };
    }
    if (method === 'DELETE') {
      this.#objects.delete(key);
      return { status: 204, headers: {}, bytes: empty };
    }
    const object = this.#objects.get(headers['x-oss-copy-source'] ?? key);
    if (method === 'PUT') return this.#put(request, body, object);
    if (object === undefined) return refused(404, 'NoSuchKey');
    if (query.acl !== undefined) return { status: 200, headers: {}, bytes: empty, acl: object.acl };
    if (query.tagging !== undefined) return { status: 200, headers: {}, bytes: empty, tags: object.tags };
    if (headers['if-match'] !== undefined && headers['if-match'] !== object.etag)
      return refused(412, 'PreconditionFailed');
    if (headers['if-none-match'] === object.etag) return refused(304, 'NotModified');
    const now = Date.now();
    if (Date.parse(headers['if-unmodified-since'] ?? '') < now - 1000)
      return refused(412, 'PreconditionFailed');
    if (Date.parse(headers['if-modified-since'] ?? '') > now) return refused(304, 'NotModified');
    return readOf(object, method === 'HEAD' ? undefined : headers.range, method);
  }

  #page(query: Readonly<Record<string, string>>): ObjectPage {
    const { prefix = '', delimiter, after = '' } = query;
    const groupOf = (key: string): string | undefined => {
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? undefined : key.slice(0, end + 1);
    };
    // As OSS orders them: by the bytes of UTF-8.
    const inOrder = [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const keys = inOrder.filter((key) => key.startsWith(prefix) && key > after);
    const names = [...new Set(keys.map((key) => groupOf(key) ?? key))];
    const page = names.slice(0, Number(query.maxKeys ?? 100));
    return {
      objects: page.flatMap((key) => {
        const object = this.#objects.get(key);
        if (object === undefined) return [];
        const { bytes, etag } = object;
        return [{ key, sizeBytes: bytes.length, etag, lastModified: new Date(), storageClass: 'Standard' }];
      }),
      commonPrefixes: page.filter((name) => delimiter !== undefined && name.endsWith(delimiter)),
      nextContinuationToken: names.length > page.length ? page.at(-1) : undefined,
    };
  }

  #entries(query: Readonly<Record<string, string>>): MemoryEntries {
    const { prefix = '', 'key-marker': key = '', 'id-marker': id } = query;
    const versions = [...this.#objects].map(([name, { bytes }]) => ({
      kind: 'object' as const,
      key: name,
      id: 'null',
      versionId: 'null',
      isLatest: true,
      lastModified: new Date(),
      sizeBytes: bytes.length,
    }));
    const uploads = [...this.#uploads].map(([uploadId, upload]) => ({
      key: upload.key,
      id: uploadId,
      uploadId,
      initiatedAt: new Date(),
    }));
    const order = (a: { key: string; id: string }, b: { key: string; id: string }): number =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.id < b.id ? -1 : Number(a.id > b.id));
    // Behind all of a key, where no entry of it is named.
    const place = { key, id: id ?? '~' };
    const pageOf = <Entry extends { key: string; id: string }>(entries: Entry[]): Entry[] =>
      entries
        .filter((entry) => entry.key.startsWith(prefix) && (key === '' || order(entry, place) > 0))
        .sort(order);
    const found: { key: string; id: string }[] =
      query.versions === undefined ? pageOf(uploads) : pageOf(versions);
    const shown = found.slice(0, Number(query.most ?? 1000));
    const last = shown.at(-1);
    return {
      versions: query.versions === undefined ? [] : (shown as unknown as ListedVersion[]),
      uploads: query.versions === undefined ? (shown as unknown as ListedUpload[]) : [],
      next: last !== undefined && found.length > shown.length ? { key: last.key, id: last.id } : undefined,
    };
  }

  #put(
    { key, headers }: MemoryRequest,
    body: Uint8Array,
    source: Stored | undefined,
  ): { status: number; headers: Record<string, string>; bytes: Uint8Array } {
    if (headers['x-oss-forbid-overwrite'] === 'true' && this.#objects.has(key)) {
      return refused(409, 'FileAlreadyExists');
    }
    const isCopy = headers['x-oss-copy-source'] !== undefined;
    if (isCopy && source === undefined) return refused(404, 'NoSuchKey');
    if (isCopy && !meets(headers, source as Stored)) return refused(412, 'PreconditionFailed');
    const keeps = isCopy && headers['x-oss-metadata-directive'] !== 'REPLACE';
    const made = stored(
      isCopy ? (source as Stored).bytes : body,
      keeps ? (source as Stored).headers : kept(headers),
    );
    const object: Stored = {
      ...made,
      acl: (headers['x-oss-object-acl'] ?? 'default') as ObjectAcl,
      tags: isCopy
        ? (source as Stored).tags
        : Object.fromEntries(new URLSearchParams(headers['x-oss-tagging'] ?? '')),
    };
    this.#objects.set(key, object);
    return { status: 200, headers: described(object), bytes: empty };
  }
}

/** The headers that signatures cover. */
const signedHeader = /^(?:content-type|x-oss-.*)$/;

function signatureOf(method: string, key: string, headers: Readonly<Record<string, string>>): string {
  const covered = Object.entries(headers).filter(([name]) => signedHeader.test(name));
  const text = JSON.stringify(['signing secret', method, key, covered.sort()]);
  return formatCrc64(crc64(new TextEncoder().encode(text)));
}

/** A URL that carries a signature of the method, the key and the headers. */
export function signUrl(method: string, key: string, headers: Readonly<Record<string, string>>): string {
  return `http://memory.invalid/${encodeURIComponent(key)}?sign=${signatureOf(method, key, headers)}`;
}

/** The request that a signed URL stands for; undefined when its signature is of another. */
export function openSignedUrl(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Pick<MemoryRequest, 'method' | 'key' | 'headers' | 'query'> | undefined {
  const { pathname, searchParams } = new URL(url);
  const key = decodeURIComponent(pathname.slice(1));
  if (searchParams.get('sign') !== signatureOf(method, key, headers)) return undefined;
  return { method: method as MemoryRequest['method'], key, headers, query: {} };
}

const empty = new Uint8Array(0);

/** The conditions of a copy. */
function meets(headers: Readonly<Record<string, string>>, source: Stored): boolean {
  const { 'x-oss-copy-source-if-match': etag, 'x-oss-copy-source-if-unmodified-since': time } = headers;
  if (etag !== undefined && etag !== source.etag) return false;
  return time === undefined || Date.parse(source.lastModified) <= Date.parse(time);
}

function readOf(
  object: Stored,
  range: string | undefined,
  method: string,
): { status: number; headers: Record<string, string>; bytes: Uint8Array } {
  const total = object.bytes.length;
  const tagCount = Object.keys(object.tags).length;
  const all: Record<string, string> = {
    ...object.headers,
    ...described(object),
    'last-modified': object.lastModified,
    'x-oss-object-type': 'Normal',
    'x-oss-storage-class': 'Standard',
    ...(tagCount > 0 && { 'x-oss-tagging-count': String(tagCount) }),
  };
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (match === null) {
    return {
      status: 200,
      headers: { ...all, 'content-length': String(total) },
      bytes: method === 'HEAD' ? empty : object.bytes,
    };
  }
  const isSuffix = match[1] === '';
  const first = isSuffix ? Math.max(0, total - Number(match[2])) : Number(match[1]);
  const end = isSuffix || match[2] === '' ? total : Math.min(total, Number(match[2]) + 1);
  if (first >= total) return refused(416, 'InvalidRange');
  const place = {
    'content-length': String(end - first),
    'content-range': `bytes ${first}-${end - 1}/${total}`,
  };
  return { status: 206, headers: { ...all, ...place }, bytes: object.bytes.slice(first, end) };
}

function stored(bytes: Uint8Array, headers: Record<string, string>): Stored {
  const sum = crc64(bytes);
  return {
    acl: 'default',
    tags: {},
    lastModified: new Date().toUTCString(),
    bytes: new Uint8Array(bytes),
    headers,
    crc64: sum,
    etag: `"${formatCrc64(sum)}-${bytes.length}"`,
  };
}

function described(object: Stored): Record<string, string> {
  return { etag: object.etag, 'x-oss-hash-crc64ecma': formatCrc64(object.crc64) };
}

function kept(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^(?:x-oss-meta-|content-type$|cache-control$)/.test(name)),
  );
}

function refused(
  status: number,
  code: string,
): { status: number; headers: Record<string, string>; bytes: Uint8Array } {
  return { status, headers: { 'error-code': code, 'x-oss-request-id': 'request' }, bytes: empty };
}

function refusal(status: number, code: string): Omit<MemoryAnswer, 'release'> {
  return { ...refused(status, code), body: none() };
}

/** What the server of a callback answers: what it was sent. */
function callbackAnswer(headers: Readonly<Record<string, string>>): string | undefined {
  const { 'x-oss-callback': encoded } = headers;
  if (encoded === undefined) return undefined;
  return JSON.parse(Buffer.from(encoded, 'base64').toString()).callbackBody;
}

async function* none(): AsyncGenerator<Uint8Array> {}

function spoilt(
  answer: { readonly bytes: Uint8Array; readonly headers: Record<string, string> },
  effects: readonly FaultEffect[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const bytes = Uint8Array.from(answer.bytes);
  let end = bytes.length;
  let after: 'reset' | 'stall' | undefined;
  for (const effect of effects) {
    if (effect.kind === 'corrupt-response')
      bytes[effect.atByte ?? 0] = (bytes[effect.atByte ?? 0] as number) ^ 1;
    if (effect.kind === 'truncate' && effect.shorten)
      answer.headers['content-length'] = String(effect.afterBytes);
    if (effect.kind === 'truncate' || effect.kind === 'reset-response' || effect.kind === 'stall-response') {
      end = effect.afterBytes ?? 0;
      after =
        effect.kind === 'reset-response' ? 'reset' : effect.kind === 'stall-response' ? 'stall' : undefined;
    }
  }
  return inPieces(bytes.subarray(0, end), after, signal);
}

async function* inPieces(
  bytes: Uint8Array,
  after: 'reset' | 'stall' | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    yield bytes.subarray(offset, offset + 65_536);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (after === 'reset') throw new Error('reset');
  if (after === 'stall') await aborted(signal);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
