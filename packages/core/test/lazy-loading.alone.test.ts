import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CompleteObjectTransport, OssAnswer } from '../src/adapter/oss-request.js';
import type { EncryptedBucket, ObjectResponse } from '../src/index.js';
import { MemoryTransport } from './memory-transport.js';
import { toyProvider } from './toy-provider.js';

// What a browser says of a file that is not there, with its address.
const notThere = (): never => {
  throw new TypeError('Failed to fetch dynamically imported module: https://user:secret@example.com/1.js');
};

let replaced: string | undefined;
/** Takes a module away, for all that is imported afterwards. */
function takeAway(module: string): void {
  replaced = specifierOf(module);
  vi.doMock(replaced, notThere);
  vi.resetModules();
}
afterEach(() => {
  if (replaced !== undefined) vi.doUnmock(replaced);
  vi.resetModules();
});

const specifierOf = (module: string): string => (module.startsWith('#') ? module : `../src/${module}.js`);

const endOf = (call: () => unknown): Promise<unknown> =>
  (async () => call())().catch((error: unknown) => error);

function expectTyped(failure: unknown): void {
  expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
  const { message, cause } = failure as Error;
  expect(message).toMatch(/A module of this package could not be loaded\. Check the network/);
  expect(message).not.toContain('example.com');
  expect(cause).toBeUndefined();
}

async function* content(): AsyncGenerator<string> {
  yield 'content';
}

interface Room {
  readonly memory: MemoryTransport;
  readonly bucket: EncryptedBucket;
  /** The same place, by the format that records no key of its own. */
  readonly counter: EncryptedBucket;
}
const inParts = { multipartThresholdBytes: 0 };
const withCheckpoint = () => ({ ...inParts, partSizeBytes: 1024 ** 2, checkpoint: memoryCheckpoint() });

/** The call that needs a module first, about the object `k`, and the object that it reads. */
const ofBucket: readonly (readonly [string, (room: Room) => unknown])[] = [
  ['client/object-getting', ({ bucket }) => bucket.get('k')],
  ['client/object-verification', ({ bucket }) => bucket.verify('k')],
  ['client/object-handle', ({ bucket }) => bucket.open('k')],
  ['client/object-head', ({ bucket }) => bucket.head('k')],
  ['client/object-deletion', ({ bucket }) => bucket.delete('k')],
  ['client/object-deletion', ({ bucket }) => bucket.deleteMany(['k'])],
  ['client/object-existence', ({ bucket }) => bucket.exists('k')],
  ['client/object-listing', ({ bucket }) => bucket.list()[Symbol.asyncIterator]().next()],
  ['client/object-changing', ({ bucket }) => bucket.copy('k', 'l')],
  ['client/object-changing', ({ bucket }) => bucket.rename('k', 'l')],
  ['client/object-changing', ({ bucket }) => bucket.rewrap('k')],
  ['client/object-changing', ({ bucket }) => bucket.reencrypt('k')],
  ['client/presigning', ({ bucket }) => bucket.presignGet('k', { expiresSeconds: 1 })],
  ['client/presigning', ({ bucket }) => bucket.presignPut('k', { expiresSeconds: 1 })],
  ['client/url-opening', ({ bucket }) => bucket.openUrl('https://oss.example/k')],
  ['client/own-headers', ({ bucket }) => bucket.put('k', 'content', { metadata: { by: 'horace' } })],
  ['writing/content-way', ({ bucket }) => bucket.put('k', content())],
  ['writing/stream-request', ({ bucket }) => bucket.put('k', new Uint8Array(5 * 1024 ** 2))],
  ['writing/parts-writing', ({ bucket }) => bucket.put('k', 'content', inParts)],
  [
    'writing/upload-resumption',
    ({ bucket }) => bucket.put('k', new Uint8Array(2 * 1024 ** 2), withCheckpoint()),
  ],
  ['envelope/own-writing', ({ bucket }) => bucket.put('k', new Uint8Array(2 * 1024 ** 2), withCheckpoint())],
  ['envelope/sealing', ({ bucket }) => bucket.put('k', 'content')],
];
const ofStored: readonly (readonly [string, (room: Room) => unknown])[] = [
  ['envelope/sealed-opening', ({ bucket }) => bucket.get('k')],
  ['envelope/sealed-rewrapping', ({ bucket }) => bucket.rewrap('k')],
  ['reading/reader-limit', ({ bucket }) => bucket.get('k', { readerTimeoutMs: 1000 })],
  ['reading/beyond-end', ({ bucket }) => bucket.get('k', { range: { offsetBytes: 100 } })],
  ['#md5', async ({ counter }) => (await counter.get('with MD5')).bytes()],
  ['#md5', ({ bucket }) => bucket.reencrypt('k')],
];

type UploadingTransport = Pick<CompleteObjectTransport, 'delete' | 'get' | 'getByUrl'>;

/** What asks for a module in a transport, of which no request leaves. */
const ofTransport: readonly (readonly [string, (transport: CompleteObjectTransport) => unknown])[] = [
  [
    'adapter/chunk-source',
    (transport) => transport.put({ ...request, body: { kind: 'chunks', chunks: bytes(), sizeBytes: 1 } }),
  ],
  ['adapter/rare-operations', (transport) => transport.list({ headers: {} })],
  ['adapter/rare-operations', (transport) => transport.copy({ ...request, sourceKey: 'j' })],
  ['adapter/rare-operations', (transport) => transport.acl(request)],
  ['adapter/rare-operations', (transport) => transport.tags(request)],
  ['adapter/deletion-documents', (transport) => transport.deleteMany({ keys: ['k'], headers: {} })],
  ['adapter/multipart-operations', (transport) => transport.parts.start(request)],
  ['adapter/bucket-view-operations', (transport) => transport.bucketView?.versioning({ headers: {} })],
  [
    'adapter/presigning-checks',
    (transport) => transport.presign?.({ ...request, method: 'GET', expiresSeconds: 1 }),
  ],
  [
    'adapter/presigning-checks',
    (transport) => transport.getByUrl?.({ url: 'https://oss.example/k', headers: {} }),
  ],
];
const ofUploads: readonly (readonly [string, (transport: UploadingTransport) => unknown])[] = [
  ['adapter/reading-operations', (transport) => transport.get(request)],
  ['adapter/reading-operations', (transport) => transport.delete(request)],
  [
    'adapter/reading-operations',
    (transport) => transport.getByUrl?.({ url: 'https://oss.example/k', headers: {} }),
  ],
];
/** Modules whose absence a call can do without, or tell of in its own words: they have tests of their own. */
const ofOthers = ['adapter/refusal', 'adapter/system-failure', 'writing/stored-proof'];

const request = { key: 'k', headers: {} };
async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1);
}

async function room(): Promise<Room> {
  const { EncryptedBucket } = await import('../src/index.js');
  const memory = new MemoryTransport();
  // What is changed in its place shows what OSS shows of it, and could be copied.
  const shown = { 'last-modified': 'Sat', 'x-oss-object-type': 'Normal', 'x-oss-storage-class': 'Standard' };
  const withShown = <T extends ObjectResponse>(answer: T): T => ({
    ...answer,
    headers: { ...shown, ...answer.headers },
  });
  memory.after = (_, answer) => withShown(answer);
  memory.spoil = withShown;
  const copy = async (): Promise<never> => {
    throw new Error('Nothing must be copied.');
  };
  const provider = toyProvider(7, {
    wraps: { sealed: 'toy', 'oss-crypto': 'rsa-oaep-sha1' },
    unwraps: ['toy', 'rsa-oaep-sha1'],
  });
  const bucket = new EncryptedBucket({
    transport: { ...memory, copy, acl: async () => 'private', tags: async () => ({}) },
    provider,
    format: 'sealed',
  });
  return { memory, bucket, counter: bucket.with({ format: 'oss-crypto' }) };
}

it.each(ofBucket)('%s that cannot be loaded is a typed error of the call', async (module, call) => {
  takeAway(module);
  const here = await room();
  const failure = await endOf(() => call(here));
  expectTyped(failure);
  expect(failure).toMatchObject({ operation: expect.any(String) });
  expect([...here.memory.objects.keys(), ...here.memory.uploads.keys()]).toEqual([]);
});

it.each(ofStored)('%s that cannot be loaded for what is stored is a typed error', async (module, call) => {
  takeAway(module);
  const here = await room();
  const { counter, memory, bucket } = here;
  await bucket.put('k', 'content');
  await counter.put('with MD5', 'content', { contentMd5: 'mgNkuembtCDdeFRbRmqRxQ==' });
  const before = new Map(memory.objects);
  expectTyped(await endOf(() => call(here)));
  expect(memory.objects).toEqual(before);
});

describe('a transport', () => {
  const sent = vi.fn();
  const answering = (status: number, document: string) => async (): Promise<OssAnswer> => {
    sent();
    const chunks = [new TextEncoder().encode(document)];
    return {
      status,
      headers: { 'x-oss-request-id': 'r', etag: '"e"' },
      read: async () => chunks.shift(),
      cancel: () => {},
    };
  };
  async function partsOf(status: number, document = '') {
    sent.mockReset();
    const { retryPolicy } = await import('../src/adapter/retry.js');
    const options = {
      bucket: () => 'b',
      retry: retryPolicy({ retries: 0 }),
      documentTimeoutMs: 1000,
      takesUrls: true,
      presign: async () => ({
        method: 'GET' as const,
        url: 'https://oss.example/k',
        headers: {},
        expiresAt: new Date(),
      }),
    };
    return { send: answering(status, document), options };
  }
  async function completeTo(status: number, document?: string): Promise<CompleteObjectTransport> {
    const { createObjectTransport } = await import('../src/adapter/object-operations.js');
    const { send, options } = await partsOf(status, document);
    return createObjectTransport(send, options);
  }

  it.each(ofTransport)('sends nothing when %s cannot be loaded', async (module, call) => {
    takeAway(module);
    const complete = await completeTo(200);
    expectTyped(await endOf(() => call(complete)));
    expect(sent).not.toHaveBeenCalled();
  });

  it.each(ofUploads)('of uploads sends nothing when %s cannot be loaded', async (module, call) => {
    takeAway(module);
    const { createUploadingTransport } = await import('../src/adapter/upload-operations.js');
    const { send, options } = await partsOf(200);
    const uploading = createUploadingTransport(send, options);
    expectTyped(await endOf(() => call(uploading)));
    expect(sent).not.toHaveBeenCalled();
  });

  it.each([
    [403, false],
    [503, true],
  ])('tells of HTTP %i by the status when what explains it cannot be loaded', async (status, retryable) => {
    takeAway('adapter/refusal');
    const complete = await completeTo(status, '<Error><Code>Told</Code></Error>');
    const failure = await endOf(() => complete.head(request));
    expect(failure).toMatchObject({ code: 'ERR_SERVICE', status, retryable });
    expect((failure as Error).message).toMatch(
      new RegExp(
        `^OSS refused the request \\(HTTP ${status}\\), and why cannot be said\\. A module of this package could not be loaded\\.`,
      ),
    );
    expect((failure as Error).message).not.toContain('example.com');
  });

  it('does not take a document for no error when what reads it cannot be loaded', async () => {
    takeAway('adapter/refusal');
    const complete = await completeTo(203, '<Error><Code>CallbackFailed</Code></Error>');
    const body = { kind: 'bytes', bytes: new Uint8Array(1) } as const;
    const failure = await endOf(() => complete.put({ ...request, body }));
    expectTyped(failure);
    expect((failure as Error).message).toMatch(
      /^OSS answered HTTP 203 with a document, which cannot be read\./,
    );
  });

  it('tells of a network that failed when what knows the codes of systems cannot be loaded', async () => {
    takeAway('adapter/system-failure');
    const { explainedFetchFailure } = await import('../src/adapter/told-failure.js');
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const told = await explainedFetchFailure(new TypeError('fetch failed', { cause }));
    expect(told).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(told.message).toMatch(/Check the endpoint and the network/);
    expect(told.message).not.toContain('example.com');
  });
});

it('every module for pages that is loaded later has a test', () => {
  const sources = fileURLToPath(new URL('../src', import.meta.url));
  const later = new Set<string>();
  for (const path of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    const file = path.replaceAll('\\', '/');
    // What is in a folder `node`, no page has.
    if (!/(?<!\.test)\.ts$/.test(file) || /(?:^|\/)node\//.test(file)) continue;
    const code = readFileSync(join(sources, path), 'utf8').replace(/^\s*\*.*$/gm, '');
    for (const [, specifier = ''] of code.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g)) {
      const module = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '');
      later.add(specifier.startsWith('#') ? specifier : module);
    }
  }
  const tested = [...ofBucket, ...ofStored, ...ofTransport, ...ofUploads].map(([module]) => module);
  expect([...later].sort()).toEqual([...new Set([...tested, ...ofOthers])].sort());
});
