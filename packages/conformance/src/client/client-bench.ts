import {
  type CounterEnvelope,
  type CounterFormatName,
  type DownloadResponse,
  EncryptedBucket,
  type EncryptedBucketOptions,
  type Envelope,
  type FormatName,
  type Headers,
  type KeyProvider,
  type MaterialDescription,
  type ObjectTransport,
  type PresignedUrl,
} from '@oss-envelope/core';
import { assertEqual, assertRejects, ConformanceFailure, codeOf, rejectionOf } from '../assertion.js';
import { faultsOf, lackOf, needingFaults } from '../case-needs.js';
import type { CaseOutcome, ConformanceCase } from '../conformance-case.js';
import type { FaultControl } from '../fault-control.js';
import { freshKey } from '../fresh-key.js';
import { collectBytes } from '../sample-bytes.js';
import { sendPresigned } from '../send-presigned.js';
import type { OptionalCapability } from '../transport/transport-subject.js';
import type { ClientSubject } from './client-subject.js';

const counterFormats: readonly CounterFormatName[] = ['oss-crypto', 'client-side-encryption'];

/** The formats that a provider writes, unless its traits say otherwise. */
export const formatNames: readonly FormatName[] = [...counterFormats, 'sealed'];

/** What a client case works with: a bucket, what it is made of, and keys of its own. */
export class ClientBench {
  readonly format: FormatName;
  readonly transport: ObjectTransport;
  readonly provider: KeyProvider;
  readonly bucket: EncryptedBucket;
  readonly #subject: ClientSubject;
  readonly #keys: string[] = [];

  constructor(subject: ClientSubject, format: FormatName, transport: ObjectTransport, provider: KeyProvider) {
    this.#subject = subject;
    this.format = format;
    this.transport = transport;
    this.provider = provider;
    this.bucket = this.bucketWith({});
  }

  /** The format, where it is one in counter mode. */
  get counterFormat(): CounterFormatName {
    if (this.format === 'sealed') throw new ConformanceFailure('The case is of a format in counter mode.');
    return this.format;
  }

  /** The name of an object that nobody else uses. */
  key(suffix = ''): string {
    const key = freshKey(this.#subject.keyPrefix, suffix);
    this.#keys.push(key);
    return key;
  }

  /** The bucket with other options. */
  bucketWith(options: Partial<EncryptedBucketOptions>): EncryptedBucket {
    return new EncryptedBucket({
      transport: this.transport,
      provider: this.provider,
      format: this.format,
      ...options,
    });
  }

  get faults(): FaultControl {
    return faultsOf(this.#subject);
  }

  /** Sends a presigned request as somebody without credentials would. */
  async send(
    { url, method, headers }: PresignedUrl,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly status: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
    return sendPresigned(this.#subject.fetch, url, { method, headers, ...(body && { body }) });
  }

  /** Whether the transport can do this. What it cannot do is refused by name. */
  async has(capability: 'list' | 'presign', call: () => Promise<unknown>): Promise<boolean> {
    if (this.transport[capability] !== undefined) return true;
    const error = await assertRejects(call, 'ERR_CAPABILITY_MISSING', `a call that needs '${capability}'`);
    assertEqual(error.capability, capability, 'the capability that is missing');
    return false;
  }

  otherProvider(): KeyProvider | Promise<KeyProvider> {
    return this.#subject.createOtherProvider();
  }

  /** The formats that the provider writes, and that can be read here. */
  get readFormats(): readonly FormatName[] {
    const { formats = formatNames, refusesToUnwrap = [] } = this.#subject.traits ?? {};
    return formats.filter((format) => {
      const algorithm = this.provider.wraps[format];
      return algorithm !== undefined && !refusesToUnwrap.includes(algorithm);
    });
  }

  /** Whether a wrong key may give noise in this format. */
  get opensAsNoise(): boolean {
    const algorithm = this.provider.wraps[this.format];
    return algorithm !== undefined && (this.#subject.traits?.opensAsNoise?.includes(algorithm) ?? false);
  }

  /** Whether changed wrapped bytes may name a key that is not there. */
  get namesMasterKey(): boolean {
    return this.#subject.traits?.namesMasterKey ?? false;
  }

  /** The bucket as a server shows it that changes what it answers to GET. */
  bucketBehind(change: (response: DownloadResponse) => DownloadResponse): EncryptedBucket {
    return this.bucketWith({
      transport: intercepted(this.transport, async (request) => change(await this.transport.get(request))),
    });
  }

  /** The bucket as a server shows it that changes an object's headers. */
  bucketWithHeaders(change: (headers: Record<string, string>) => void): EncryptedBucket {
    return this.bucketBehind((response) => {
      const headers = { ...response.headers };
      change(headers);
      return withParts(response, { headers });
    });
  }

  /** Stores text, to be deleted at the end whatever its key. */
  async putText(key: string, text: string): Promise<void> {
    this.#keys.push(key);
    await this.bucket.put(key, text);
  }

  /** The bytes that are stored. */
  async stored(key: string): Promise<Uint8Array<ArrayBuffer>> {
    return collectBytes((await this.transport.get({ key, headers: {} })).chunks);
  }

  /** The headers that are stored. */
  async storedHeaders(key: string): Promise<Headers> {
    return (await this.transport.head({ key, headers: {} })).headers;
  }

  /** The object is not there. */
  async assertAbsent(key: string): Promise<void> {
    await assertRejects(() => this.bucket.head(key), 'ERR_SERVICE', 'looking at what was not stored');
  }

  /** Deletes what the case has made, as far as that is possible. */
  async clear(): Promise<void> {
    for (const key of this.#keys) await this.transport.delete({ key, headers: {} }).catch(() => {});
  }
}

/** A response with some of its parts replaced. */
export function withParts(
  response: DownloadResponse,
  parts: Partial<Pick<DownloadResponse, 'headers' | 'chunks'>>,
): DownloadResponse {
  return {
    status: response.status,
    headers: parts.headers ?? response.headers,
    chunks: parts.chunks ?? response.chunks,
    cancel: () => response.cancel(),
  };
}

/** A transport whose GET goes another way. It gives no checksums, which are of what the server has. */
export function intercepted(transport: ObjectTransport, get: ObjectTransport['get']): ObjectTransport {
  return {
    get,
    put: (request) => transport.put(request),
    head: (request) => transport.head(request),
    delete: (request) => transport.delete(request),
    takesChunksInTurn: transport.takesChunksInTurn,
    retry: transport.retry,
    parts: transport.parts,
    copy: transport.copy?.bind(transport),
    list: transport.list?.bind(transport),
    deleteMany: transport.deleteMany?.bind(transport),
    presign: transport.presign?.bind(transport),
    getByUrl: transport.getByUrl?.bind(transport),
    acl: transport.acl?.bind(transport),
    tags: transport.tags?.bind(transport),
  };
}

/** A provider under another material description. */
export function described(provider: KeyProvider, materialDescription: MaterialDescription): KeyProvider {
  return {
    materialDescription,
    wraps: provider.wraps,
    unwraps: provider.unwraps,
    wrapKey: (request) => provider.wrapKey(request),
    unwrapKey: (request) => provider.unwrapKey(request),
  };
}

function isRefusal(error: unknown): boolean {
  return codeOf(error) === 'ERR_ALGORITHM_NOT_SUPPORTED';
}

/** `reads`: where this runtime cannot unwrap, the case must be refused for that. */
export type ClientCaseKind = 'reads' | 'does-not-read';

/** A case in one format, on objects of its own. */
export function clientCase(
  format: FormatName,
  name: string,
  kind: ClientCaseKind,
  run: (bench: ClientBench) => Promise<void>,
  needs: readonly OptionalCapability[] = [],
): ConformanceCase<ClientSubject> {
  return {
    name: `${format}: ${name}`,
    unless: ({ traits, lacks }) => {
      if (!(traits?.formats ?? formatNames).includes(format))
        return `the provider does not write '${format}'`;
      return lackOf(needs, lacks);
    },
    async run(subject): Promise<CaseOutcome> {
      const provider = await subject.createProvider();
      const bench = new ClientBench(subject, format, await subject.createTransport(), provider);
      const algorithm = provider.wraps[format];
      const refuses = algorithm !== undefined && subject.traits?.refusesToUnwrap?.includes(algorithm);
      try {
        if (kind === 'does-not-read' || !refuses) {
          await run(bench);
          return 'passed';
        }
        const error = await rejectionOf(() => run(bench), `reading with '${algorithm}'`);
        // A case that waits for another error shows the refusal as its cause.
        if (!isRefusal(error) && !(error instanceof ConformanceFailure && isRefusal(error.cause)))
          throw error;
        return 'refused';
      } finally {
        await bench.clear();
      }
    },
  };
}

/** A case in each format in counter mode. */
export function inEachFormat(
  name: string,
  kind: ClientCaseKind,
  run: (bench: ClientBench) => Promise<void>,
  needs: readonly OptionalCapability[] = [],
): ConformanceCase<ClientSubject>[] {
  return counterFormats.map((format) => clientCase(format, name, kind, run, needs));
}

/** A case in each format. */
export function inAllFormats(
  name: string,
  kind: ClientCaseKind,
  run: (bench: ClientBench) => Promise<void>,
): ConformanceCase<ClientSubject>[] {
  return formatNames.map((format) => clientCase(format, name, kind, run));
}

/** A case in every format that needs a server which can be made to fail. */
export function inEachFormatWithFaults(
  name: string,
  kind: ClientCaseKind,
  run: (bench: ClientBench) => Promise<void>,
): ConformanceCase<ClientSubject>[] {
  return inAllFormats(name, kind, run).map(needingFaults);
}

/** An envelope that must be one in counter mode. */
export function counterEnvelope(envelope: Envelope): CounterEnvelope {
  if (envelope.format === 'sealed') throw new ConformanceFailure('The envelope must be one in counter mode.');
  return envelope;
}
