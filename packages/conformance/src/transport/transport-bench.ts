import type {
  BucketView,
  DownloadResponse,
  ErrorCode,
  Headers,
  ObjectResponse,
  ObjectTransport,
  PartOperations,
  PresignedUrl,
  UploadBody,
} from '@oss-envelope/core';
import { assert, assertEqual, assertRejects, ConformanceFailure } from '../assertion.js';
import { faultsOf, lackOf, needingFaults } from '../case-needs.js';
import type { CaseOutcome, ConformanceCase } from '../conformance-case.js';
import type { FaultControl } from '../fault-control.js';
import { freshKey } from '../fresh-key.js';
import { collectBytes } from '../sample-bytes.js';
import { sendPresigned } from '../send-presigned.js';
import type { OptionalCapability, TransportSubject } from './transport-subject.js';

/** What a transport case works with: a transport, keys of its own, and checks. */
export class TransportBench {
  readonly transport: ObjectTransport;
  readonly traits: { readonly retries: number; readonly correctsClock: boolean };
  readonly #subject: TransportSubject;
  readonly #keys: string[] = [];

  constructor(subject: TransportSubject, transport: ObjectTransport) {
    this.#subject = subject;
    this.transport = transport;
    this.traits = {
      retries: subject.traits?.retries ?? 0,
      correctsClock: subject.traits?.correctsClock ?? false,
    };
  }

  /** The name of an object that nobody else uses. */
  key(suffix = ''): string {
    const key = freshKey(this.#subject.keyPrefix, suffix);
    this.#keys.push(key);
    return key;
  }

  get faults(): FaultControl {
    return faultsOf(this.#subject);
  }

  get parts(): PartOperations {
    return this.#capability('parts');
  }

  get bucketView(): BucketView {
    return this.#capability('bucketView');
  }

  get copy(): NonNullable<ObjectTransport['copy']> {
    return this.#capability('copy').bind(this.transport);
  }

  get list(): NonNullable<ObjectTransport['list']> {
    return this.#capability('list').bind(this.transport);
  }

  get deleteMany(): NonNullable<ObjectTransport['deleteMany']> {
    return this.#capability('deleteMany').bind(this.transport);
  }

  get presign(): NonNullable<ObjectTransport['presign']> {
    return this.#capability('presign').bind(this.transport);
  }

  get getByUrl(): NonNullable<ObjectTransport['getByUrl']> {
    return this.#capability('getByUrl').bind(this.transport);
  }

  /** Sends a presigned request, with other headers where they are given. */
  async send(
    { url, method, headers }: PresignedUrl,
    { headers: others = headers, bytes }: { headers?: Headers; bytes?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<{ readonly status: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
    return sendPresigned(this.#subject.fetch, url, {
      method,
      headers: others,
      ...(bytes && { body: bytes }),
    });
  }

  get acl(): NonNullable<ObjectTransport['acl']> {
    return this.#capability('acl').bind(this.transport);
  }

  get tags(): NonNullable<ObjectTransport['tags']> {
    return this.#capability('tags').bind(this.transport);
  }

  /** Whether the transport does not offer this, as its traits say. */
  lacks(capability: OptionalCapability): boolean {
    return this.#subject.traits?.lacks?.includes(capability) ?? false;
  }

  #capability<Name extends OptionalCapability>(name: Name): NonNullable<ObjectTransport[Name]> {
    const found = this.transport[name];
    if (found === undefined)
      throw new ConformanceFailure(`The transport has no '${name}'; say so in traits.lacks`);
    return found as NonNullable<ObjectTransport[Name]>;
  }

  /** Stores bytes as a part, and gives what finishing needs of it. */
  async putPart(
    upload: { readonly key: string; readonly uploadId: string },
    partNumber: number,
    bytes: Uint8Array,
  ): Promise<{ readonly partNumber: number; readonly etag: string; readonly sizeBytes: number }> {
    const body = { kind: 'bytes', bytes } as const;
    const { headers } = await this.parts.put({ ...upload, partNumber, headers: {}, body });
    const { etag = '' } = headers;
    assert(etag !== '', 'the answer to a part must have the header etag');
    return { partNumber, etag, sizeBytes: bytes.length };
  }

  put(key: string, bytes: Uint8Array, headers: Headers = {}): Promise<{ readonly headers: Headers }> {
    return this.transport.put({ key, headers, body: { kind: 'bytes', bytes } });
  }

  /** Stores a body of any kind, and gives the whole answer. */
  putBody(key: string, body: UploadBody, headers: Headers = {}): Promise<ObjectResponse> {
    return this.transport.put({ key, headers, body });
  }

  putChunks(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    sizeBytes?: number,
  ): Promise<{ readonly headers: Headers }> {
    return this.transport.put({ key, headers: {}, body: bodyOfChunks(chunks, sizeBytes) });
  }

  get(key: string, headers: Headers = {}): Promise<DownloadResponse> {
    return this.transport.get({ key, headers });
  }

  async read(key: string, headers: Headers = {}): Promise<Uint8Array<ArrayBuffer>> {
    return collectBytes((await this.get(key, headers)).chunks);
  }

  /** The call's error, which must have one of the codes and hold no secret. */
  async rejects(
    call: () => Promise<unknown>,
    codes: ErrorCode | readonly ErrorCode[],
    what: string,
  ): Promise<Error & Record<string, unknown>> {
    const error = await assertRejects(call, codes, what);
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      const shown = [cause.message, cause.stack, JSON.stringify({ ...cause })].join(' ');
      const leaked = this.#subject.secrets?.some((secret) => shown.includes(secret));
      assert(!leaked, `the error for ${what} must hold no secret`);
      assert(
        !/[?&](?:signature|x-oss-signature)=/i.test(shown),
        `the error for ${what} must hold no signed URL`,
      );
    }
    return error;
  }

  /** The call's refusal by the server, which must have this status. */
  async refused(
    call: () => Promise<unknown>,
    status: number,
    what: string,
  ): Promise<Error & Record<string, unknown>> {
    const error = await this.rejects(call, 'ERR_SERVICE', what);
    assertEqual(error.status, status, `the status of the error for ${what}`);
    assertEqual(error.service, 'OSS', `the service of the error for ${what}`);
    return error;
  }

  /** The object is not there. */
  async assertAbsent(key: string): Promise<void> {
    await this.refused(
      () => this.transport.head({ key, headers: {} }),
      404,
      'looking at what was not stored',
    );
  }

  /** So many requests of the method have been made for the key. */
  async assertRequests(method: string, key: string, count: number): Promise<void> {
    const seen = (await this.faults.requests(key)).filter((request) => request.method === method);
    assertEqual(seen.length, count, `the number of ${method} requests`);
  }

  /** Soon no request for the key is open; on a busy machine that may take seconds. */
  async assertReleased(key: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 25) {
      if ((await this.faults.activeRequests(key)) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new ConformanceFailure('the connection must be released, and is still held after twenty seconds');
  }

  /** Deletes what the case has made, as far as that is possible. */
  async clear(): Promise<void> {
    for (const key of this.#keys) await this.transport.delete({ key, headers: {} }).catch(() => {});
  }
}

/** A body of chunks. */
export function bodyOfChunks(chunks: AsyncIterable<Uint8Array>, sizeBytes?: number): UploadBody {
  return { kind: 'chunks', sizeBytes, chunks };
}

/** A case on a transport and objects of its own; `needs` are the optional capabilities that it uses. */
export function transportCase(
  name: string,
  run: (bench: TransportBench) => Promise<void>,
  needs: readonly OptionalCapability[] = [],
): ConformanceCase<TransportSubject> {
  return {
    name,
    unless: ({ traits }) => lackOf(needs, traits?.lacks),
    async run(subject): Promise<CaseOutcome> {
      const bench = new TransportBench(subject, await subject.createTransport());
      try {
        await run(bench);
      } finally {
        await bench.clear();
      }
      return 'passed';
    },
  };
}

/** A case that needs a server which can be made to fail. */
export function faultCase(
  name: string,
  run: (bench: TransportBench) => Promise<void>,
  needs: readonly OptionalCapability[] = [],
): ConformanceCase<TransportSubject> {
  return needingFaults(transportCase(name, run, needs));
}
