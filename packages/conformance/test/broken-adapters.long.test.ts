import {
  type BucketView,
  type CopyObjectRequest,
  type KeyProvider,
  type ObjectTransport,
  type PartOperations,
  ServiceError,
} from '@oss-envelope/core';
import { runs } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import {
  type ClientSubject,
  type ConformanceCase,
  clientCases,
  type ProviderSubject,
  providerCases,
  runCases,
  type TransportSubject,
  transportCases,
} from '../src/index.js';
import { flawedProvider, type ProviderFlaws, type ToyOptions } from './flawed-provider.js';
import { FlawedTransport, type TransportFlaws } from './flawed-transport.js';
import { MemoryOss } from './memory-oss.js';
import { clientSubject, providerSubject, transportSubject } from './sample-subjects.js';

/** A broken adapter is tried with what it must fail, and of the rest with one in so many: in the long tests with all. */
const oneIn = Math.max(1, Math.round(10 / runs(10)));

/** The names of the cases that fail: of those that are expected to, of those that are not, and of some of the rest. */
async function failuresOf<S>(
  cases: readonly ConformanceCase<S>[],
  subject: S,
  {
    expected,
    others = [],
    timeoutMs,
  }: {
    readonly expected: readonly string[];
    readonly others?: readonly string[];
    readonly timeoutMs?: number;
  },
): Promise<string[]> {
  const named = new Set([...expected, ...others]);
  const names = new Set(cases.map(({ name }) => name));
  for (const name of named) expect(names, 'the names of the cases').toContain(name);
  const tried = cases.filter(({ name }, index) => named.has(name) || index % oneIn === 0);
  const { failed } = await runCases(tried, subject, { print: () => {}, timeoutMs });
  return failed.map(({ name }) => name);
}

/** A transport with some methods replaced, each given the good one. */
function changed(change: (good: ObjectTransport) => Partial<ObjectTransport>): TransportSubject {
  const oss = new MemoryOss();
  const createTransport = (): ObjectTransport => {
    const good = new FlawedTransport(oss);
    const delegating: ObjectTransport = {
      put: (request) => good.put(request),
      get: (request) => good.get(request),
      head: (request) => good.head(request),
      delete: (request) => good.delete(request),
      copy: (request) => good.copy(request),
      list: (request) => good.list(request),
      deleteMany: (request) => good.deleteMany(request),
      presign: (request) => good.presign(request),
      getByUrl: (request) => good.getByUrl(request),
      acl: (request) => good.acl(request),
      tags: (request) => good.tags(request),
      bucketView: good.bucketView,
      parts: good.parts,
      crc64: good.crc64,
    };
    return { ...delegating, ...change(good) };
  };
  return { ...transportSubject(oss), createTransport };
}

function partsOf({ parts }: ObjectTransport): PartOperations {
  if (parts === undefined) throw new Error('the good transport has parts');
  return parts;
}

function viewOf({ bucketView }: ObjectTransport): BucketView {
  if (bucketView === undefined) throw new Error('the good transport has a view of its bucket');
  return bucketView;
}

/** A method that the good transport has. */
function existing<Method>(method: Method | undefined): Method {
  if (method === undefined) throw new Error('the good transport has all methods');
  return method;
}

function reading(error: unknown): never {
  throw error;
}

const eachFormat = (name: string): string[] => [`oss-crypto: ${name}`, `client-side-encryption: ${name}`];
const inAllFormats = (name: string): string[] => [...eachFormat(name), `sealed: ${name}`];

describe('a provider that', () => {
  const flaws: [string, ProviderFlaws, string[]][] = [
    [
      'makes one key for all objects',
      { sameKey: true },
      [
        ...inAllFormats('every data key is fresh'),
        "sealed: wrapping keys are the caller's own, who overwrites them",
      ],
    ],
    [
      'wraps nothing',
      { inTheClear: true },
      [
        ...inAllFormats('the data key is not to be seen in what is wrapped'),
        ...inAllFormats('another master key does not open it'),
        ...inAllFormats('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...inAllFormats('wrapped bytes that are cut, too long or too few are refused'),
        ...inAllFormats('every unwrap failure reads the same'),
        'sealed: a wrapped key of another format does not open in it, nor the reverse',
      ],
    ],
    [
      'makes short keys',
      { shortKey: true },
      [
        ...inAllFormats('a data key has 32 bytes and is not zero'),
        'sealed: a wrapped key of another format does not open in it, nor the reverse',
        "sealed: wrapping keys are the caller's own, who overwrites them",
      ],
    ],
    [
      "changes the caller's bytes",
      { changesStart: true },
      eachFormat("the caller's bytes are neither changed nor kept"),
    ],
    [
      'hands out its cache',
      { cachesUnwrapped: true },
      [
        ...eachFormat("what is handed out is the caller's own"),
        "sealed: wrapping keys are the caller's own, who overwrites them",
      ],
    ],
    ['mixes concurrent calls', { mixesCalls: true }, eachFormat('eight calls at once do not mix')],
    [
      'does not notice a wrong key',
      { noTag: true },
      [
        'client-side-encryption: another master key does not open it',
        'sealed: another master key does not open it',
        'client-side-encryption: a changed wrapped start value does not open',
        ...inAllFormats('a changed wrapped key does not open'),
        'sealed: a wrapped key of another format does not open in it, nor the reverse',
      ],
    ],
    [
      'says why a key does not open',
      { saysWhy: true },
      [
        ...inAllFormats('another master key does not open it'),
        ...inAllFormats('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...inAllFormats('wrapped bytes that are cut, too long or too few are refused'),
        ...inAllFormats('every unwrap failure reads the same'),
      ],
    ],
    [
      'refuses with another error',
      { otherError: true },
      [
        ...inAllFormats('another master key does not open it'),
        ...inAllFormats('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...inAllFormats('wrapped bytes that are cut, too long or too few are refused'),
        'sealed: a wrapped key of another format does not open in it, nor the reverse',
      ],
    ],
    [
      'refuses with an error that only has the code',
      { ownErrorClass: true },
      [
        ...inAllFormats('another master key does not open it'),
        ...inAllFormats('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...inAllFormats('wrapped bytes that are cut, too long or too few are refused'),
        'sealed: a wrapped key of another format does not open in it, nor the reverse',
      ],
    ],
    [
      'ignores aborts',
      { ignoresAborts: true },
      inAllFormats('unwrapKey rejects with the reason of an abort'),
    ],
    [
      'aborts with another error',
      { abortsOtherwise: true },
      inAllFormats('an abort under way gives its reason, or comes too late'),
    ],
    ['shows its keys', { showsKey: true }, inAllFormats('a data key is not shown by JSON or in a string')],
    [
      'wraps another key than the one it is given',
      { ignoresGivenKey: true },
      [...inAllFormats('a given key is wrapped as it is, or refused')],
    ],
    [
      'wraps alike for every format',
      { anyFormat: true },
      ['sealed: a wrapped key of another format does not open in it, nor the reverse'],
    ],
    [
      'opens what says that another kind of provider made it',
      { takesAnyAlgorithm: true },
      inAllFormats('a wrap algorithm that it does not know is refused'),
    ],
    [
      'does not say what it reads',
      { fewerUnwraps: true },
      ['it says which formats, algorithms and material description it serves'],
    ],
  ];
  it.each(flaws)('%s', async (_, flaw, expected) => {
    const failures = await failuresOf(providerCases, providerSubject(flaw), { expected });
    expect(failures.sort()).toEqual(expected.sort());
  });

  it('binds contexts, and says so, or does not', async () => {
    const says = 'it says which formats, algorithms and material description it serves';
    const binds = 'sealed: a wrapping key opens under no other context';
    const failuresWith = (flaw: ProviderFlaws, bindsContext: boolean): Promise<string[]> => {
      const subject = {
        createProvider: () => flawedProvider(1, flaw, { bindsContext: true }),
        createOtherProvider: () => flawedProvider(2, flaw, { bindsContext: true }),
        traits: { bindsContext },
      };
      return failuresOf(providerCases, subject, { expected: [says, binds] });
    };
    expect(await failuresWith({}, true)).toEqual([]);
    expect(await failuresWith({ ignoresContext: true }, true)).toEqual([binds]);
    expect(await failuresWith({}, false)).toEqual([says]);
  });

  it('derives one secret for all, or from the half that everyone has, or does not say that it derives any', async () => {
    const says = 'it says which formats, algorithms and material description it serves';
    const name = 'it derives a secret for each purpose, which nobody has who only wraps';
    const failuresWith = (flaws: ProviderFlaws, derivesSecret = true): Promise<string[]> => {
      const providerOf = (master: number, half: ToyOptions = {}): KeyProvider =>
        flawedProvider(master, flaws, { derivesSecret: true, ...half });
      const subject = {
        createProvider: () => providerOf(1),
        createOtherProvider: () => providerOf(2),
        createWriteOnlyProvider: () => providerOf(1, { canUnwrap: false }),
        createReadOnlyProvider: () => providerOf(1, { canWrap: false }),
        traits: { derivesSecret },
      };
      return failuresOf(providerCases, subject, { expected: [name, says] });
    };
    expect(await failuresWith({})).toEqual([]);
    expect(await failuresWith({ onePurpose: true })).toEqual([name]);
    expect(await failuresWith({ derivesFromPublicHalf: true })).toEqual([name]);
    expect(await failuresWith({}, false)).toEqual([says]);
  });

  it('writes fewer formats than declared', async () => {
    const createProvider = (): KeyProvider => flawedProvider(1, {}, { wraps: { 'oss-crypto': 'kms' } });
    const subject = {
      createProvider,
      createOtherProvider: () => flawedProvider(2, {}, { wraps: { 'oss-crypto': 'kms' } }),
    };
    const expected = ['it says which formats, algorithms and material description it serves'];
    expect(await failuresOf(providerCases, subject, { expected })).toEqual(expect.arrayContaining(expected));
    const declared: ProviderSubject = { ...subject, traits: { formats: ['oss-crypto'] } };
    expect(await failuresOf(providerCases, declared, { expected })).toEqual([]);
  });

  it('writes though it should only read, and reads though it should only write', async () => {
    const subject: ProviderSubject = {
      ...providerSubject(),
      createWriteOnlyProvider: () => flawedProvider(1),
      createReadOnlyProvider: () => flawedProvider(1),
    };
    const expected = [
      ...inAllFormats('a provider that only writes wraps for one that reads'),
      ...inAllFormats('a provider that only reads unwraps and does not wrap'),
    ];
    expect((await failuresOf(providerCases, subject, { expected })).sort()).toEqual(expected.sort());
  });

  it('reads what it is declared to refuse, and refuses what it is not declared to', async () => {
    const traits = { refusesToUnwrap: ['rsa-pkcs1'] as const };
    const expected = ['client-side-encryption: what is wrapped is unwrapped'];
    const others = ['oss-crypto: what is wrapped is unwrapped'];
    const subject = { ...providerSubject(), traits };
    const failures = await failuresOf(providerCases, subject, { expected, others });
    expect(failures).toEqual(expect.arrayContaining(expected));
    expect(failures).not.toEqual(expect.arrayContaining(others));
  });
});

// Each has a server of its own, and waits for most of its time, so several are tried at once.
describe.concurrent('a transport that', { timeout: 300_000 }, () => {
  const sentAgain = [
    'put',
    'get',
    'head',
    'delete',
    'copy',
    'acl',
    'tags',
    'parts.start',
    'parts.put',
    'parts.list',
    'parts.drop',
  ];
  const repeated = (what: string, operations: readonly string[]): string[] =>
    operations.map((name) => `${what} of ${name}: it is sent again where the transport retries`);
  const flaws: [string, TransportFlaws, string[]][] = [
    [
      'sends chunks again',
      { resendsChunks: true },
      [
        'a 503 under chunks: they are never sent again',
        'a reset under chunks: they are never sent again',
        'a stall under chunks: they are never sent again',
        'chunks that have begun are not sent again under other credentials',
      ],
    ],
    [
      'never retries though it says so',
      { neverRetries: true },
      [
        ...repeated('a reset', [...sentAgain, 'parts.finish']),
        ...repeated('a 503', [...sentAgain, 'parts.finish']),
        ...repeated('a lost answer', sentAgain),
        ...[408, 429, 500, 502, 504].map((status) => `a ${status} is sent again where the transport retries`),
        'a lost answer of parts.finish: it is sent again, and the server says that the upload is gone',
        'a copy that must not replace an object is sent again only if it was not served',
        'a lost answer of a put that must not replace an object: HEAD shows whose it is',
        'what was sent is counted anew when it is sent again',
        'a reset under bytes: they are sent again where the transport retries',
        'a stall under bytes: they are sent again where the transport retries',
        'a 503 under bytes: they are sent again where the transport retries',
        'a lost answer to bytes: they are sent again where the transport retries',
        'a 503 that stays is refused after as many requests as declared',
        'a redirect of a URL is not followed, and a 503 is asked again where the transport retries',
      ],
    ],
    [
      'retries once more than it says',
      { retriesOnceMore: true },
      ['a 503 that stays is refused after as many requests as declared'],
    ],
    ['retries what is forbidden', { retriesForbidden: true }, ['a 403 is refused after one request']],
    ['retries every fault of the server', { retriesEveryFault: true }, ['a 501 is final', 'a 505 is final']],
    [
      'starts uploads once only',
      { startsOnce: true },
      [
        'a 503 of parts.start: it is sent again where the transport retries',
        'a lost answer of parts.start: it is sent again where the transport retries',
        'a reset of parts.start: it is sent again where the transport retries',
      ],
    ],
    [
      'retries copies that must not replace an object',
      { retriesExclusive: true },
      ['a copy that must not replace an object is sent again only if it was not served'],
    ],
    [
      'takes an object that is in the way for its own',
      { believesConflicts: true },
      [
        'a lost answer of a put that must not replace an object: HEAD shows whose it is',
        'an object is replaced, unless the headers forbid it',
      ],
    ],
    [
      'does not listen to Retry-After',
      { ignoresRetryAfter: true },
      ['a server that asks for a long pause is left alone'],
    ],
    [
      'follows redirects',
      { followsRedirects: true },
      [
        'a redirect is not followed',
        'a redirect of a URL is not followed, and a 503 is asked again where the transport retries',
      ],
    ],
    [
      'keeps connections',
      { keepsConnections: true },
      [
        'a body that ends half-way fails to be read',
        'a body that is given up releases its connection',
        'a body that is reset half-way fails to be read',
        'a body that stalls half-way fails to be read',
        'an abort releases the connection of a body that comes down',
      ],
    ],
    [
      'waits forever',
      { waitsForever: true },
      [
        'a body that stalls half-way fails to be read',
        'a stall under bytes: they are sent again where the transport retries',
        'a stall under chunks: they are never sent again',
      ],
    ],
    [
      'keeps chunks beyond their time',
      { keepsChunks: true },
      [
        'a source that uses one buffer again and again arrives intact',
        'an abort while a body goes up gives the reason and leaves the source',
      ],
    ],
    [
      'hides the errors of sources',
      { hidesSourceErrors: true },
      [
        'a source that fails after its last byte leaves no object',
        "an error of a part's source is the error of the call",
        'an error of the source is the error of the call, and nothing is stored',
      ],
    ],
    [
      'ends what a failing source began',
      { endsFailedSources: true },
      [
        'a source that fails after its last byte leaves no object',
        'an abort while a body goes up gives the reason and leaves the source',
        "an error of a part's source is the error of the call",
        'an error of the source is the error of the call, and nothing is stored',
      ],
    ],
    [
      'lists one page of parts',
      { listsOnePage: true },
      ['all parts are listed, also when they fill more than one page'],
    ],
    [
      'listens to a signal for each call',
      { listensForEachCall: true },
      ['one signal for many calls has few listeners, and none afterwards'],
    ],
    [
      'keeps checksums to itself',
      { keepsChecksums: true },
      ['checksums are handed on as they came, and compared by the client'],
    ],
    [
      'does not correct its clock though it says so',
      { ignoresClock: true },
      ['a wrong clock is put right, where that is declared, and refused otherwise'],
    ],
    [
      'believes bodies that break off',
      { believesShortBodies: true },
      ['a body that ends half-way fails to be read', 'a body that is reset half-way fails to be read'],
    ],
    [
      'believes every status of 2xx',
      { believesErrorDocuments: true },
      [
        'a callback that failed is told',
        'an error document in a 200 of copy is an error',
        'an error document in a 200 of parts.finish is an error',
        'an error document in a 200 of parts.start is an error',
        'an error document in a 200 of put is an error',
      ],
    ],
    [
      "tells a URL as the bucket's name",
      { tellsUrlAsName: true },
      ["the bucket's name is one that OSS allows, or is not told"],
    ],
    [
      'counts on when it sends again',
      { countsOnAndOn: true },
      ['what was sent is counted anew when it is sent again'],
    ],
    [
      'counts what is left',
      { countsBackwards: true },
      ['what was sent of bytes is counted up to their size'],
    ],
    [
      'keeps what callbacks answer',
      { keepsDocuments: true },
      [
        "a callback's answer is the document of a put",
        "a callback's answer is the document of an upload that is finished",
      ],
    ],
    [
      'tells documents that are none',
      { tellsAnyDocument: true },
      ["a callback's answer is the document of a put"],
    ],
    [
      'renews credentials for each call',
      { renewsForEachCall: true },
      ['credentials that ended are renewed once, for all calls that meet it'],
    ],
    [
      'renews credentials for ever',
      { renewsForEver: true },
      ['credentials that are refused again are not renewed for ever'],
    ],
    [
      'sends any header',
      { sendsAnyHeader: true },
      [
        'header values beyond ASCII are refused, and nothing is sent',
        'headers of the transport are refused by name, and nothing is sent',
      ],
    ],
    [
      'reads bytes of headers as text',
      { readsBytesAsText: true },
      ['header values of other tools are read as UTF-8'],
    ],
  ];
  /** With these some cases end by their time alone, which is short then: so nothing else runs beside them. */
  const isEndless = ([, flaw]: (typeof flaws)[number]) =>
    flaw.waitsForever || flaw.keepsChunks || flaw.keepsConnections;
  it.each(flaws.filter((row) => !isEndless(row)))('%s', async (_, flaw, expected) => {
    const failures = await failuresOf(transportCases, transportSubject(new MemoryOss(), flaw), { expected });
    expect(failures.sort()).toEqual(expected.sort());
  });
  it.sequential.each(flaws.filter(isEndless))('%s', async (_, flaw, expected) => {
    const failures = await failuresOf(transportCases, transportSubject(new MemoryOss(), flaw), {
      expected,
      timeoutMs: 3000,
    });
    expect(failures.sort()).toEqual(expected.sort());
  });

  it('lacks what it says, and is tried in the rest', async () => {
    const lacks = [
      'acl',
      'bucketView',
      'copy',
      'deleteMany',
      'getByUrl',
      'list',
      'parts',
      'presign',
      'tags',
    ] as const;
    const subject = changed(() => Object.fromEntries(lacks.map((name) => [name, undefined])));
    const lines: string[] = [];
    const { failed, excluded, passed } = await runCases(
      transportCases,
      { ...subject, traits: { ...subject.traits, lacks } },
      { print: (line) => lines.push(line) },
    );
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(80);
    expect(excluded.length).toBeGreaterThan(20);
    expect(lines).toContain(
      'not run: parts become one object in the order of their numbers (the transport has no parts)',
    );
  });

  it.sequential('ignores aborts', async () => {
    const expected = [
      'put rejects with the reason of an abort before it',
      'parts.list rejects with the reason of an abort before it',
      'an abort while a body comes down gives the reason',
    ];
    const subject = transportSubject(new MemoryOss(), { ignoresAborts: true });
    const failures = await failuresOf(transportCases, subject, { expected, timeoutMs: 3000 });
    expect(failures).toEqual(expect.arrayContaining(expected));
  });

  it('tells secrets', async () => {
    const expected = ['what is not there is refused with 404'];
    const others = ['17 bytes come back as they went'];
    const subject = transportSubject(new MemoryOss(), { tellsSecrets: true });
    const failures = await failuresOf(transportCases, subject, { expected, others });
    expect(failures).toEqual(expect.arrayContaining(expected));
    expect(failures).not.toEqual(expect.arrayContaining(others));
  });

  const changes: [string, (good: ObjectTransport) => Partial<ObjectTransport>, string[]][] = [
    [
      'loses metadata',
      (good) => ({
        put: (request) =>
          good.put({ ...request, headers: { ...request.headers, 'x-oss-meta-colour': 'red' } }),
      }),
      ['metadata and content headers come back'],
    ],
    [
      'drops the range of a suffix',
      (good) => ({
        get: ({ headers: { range, ...headers }, ...request }) =>
          good.get({
            ...request,
            headers: range === undefined || range.startsWith('bytes=-') ? headers : { ...headers, range },
          }),
      }),
      [
        'a suffix range gives just its bytes, and says which',
        'a suffix range longer than the object gives just its bytes, and says which',
      ],
    ],
    [
      'decodes keys',
      (good) => ({ get: ({ key, ...request }) => good.get({ ...request, key: key.replaceAll('+', ' ') }) }),
      ['a key with a plus sign names the same object everywhere'],
    ],
    [
      'gives header names as they come',
      (good) => ({
        head: async (request) => {
          const { status, headers } = await good.head(request);
          return { status, headers: { ...headers, ETag: headers.etag ?? '' } };
        },
      }),
      ['all response headers are given, named in lower case'],
    ],
    [
      'fails to delete what is not there',
      (good) => ({
        delete: async (request) => {
          await good.head(request);
          return good.delete(request);
        },
      }),
      ['deleting takes the object away, and succeeds when there is none'],
    ],
    [
      "sends all of a view's buffer",
      (good) => ({
        put: ({ body, ...request }) =>
          good.put({
            ...request,
            body: body.kind === 'bytes' ? { kind: 'bytes', bytes: new Uint8Array(body.bytes.buffer) } : body,
          }),
      }),
      ['a view into a larger buffer is sent alone'],
    ],
    [
      'finishes parts in the order of the list',
      (good) => ({
        parts: {
          ...partsOf(good),
          finish: async ({ parts, ...request }) =>
            parts.length === 0 || parts[0]?.partNumber === 1
              ? partsOf(good).finish({ ...request, parts })
              : reading(new Error('order')),
        },
      }),
      ['parts become one object in the order of their numbers'],
    ],
    [
      'ignores conditions on GET',
      (good) => ({
        get: ({ headers, ...request }) => {
          const { 'if-match': _, 'if-none-match': __, ...others } = headers;
          return good.get({ ...request, headers: others });
        },
      }),
      ['conditions are sent, and a failed one is refused'],
    ],
    [
      'copies without the metadata directive',
      (good) => ({ copy: async (request) => existing(good.copy).call(good, { ...request, headers: {} }) }),
      [
        'a copy has the bytes and the metadata, or the new ones',
        'a copy that must not replace an object is sent again only if it was not served',
        'a copy onto itself replaces the metadata alone, as long as its conditions are met',
      ],
    ],
    [
      'copies without conditions',
      (good) => ({
        copy: async ({ headers, ...request }) => {
          const others = Object.entries(headers).filter(([name]) => !name.startsWith('x-oss-copy-source-'));
          return existing(good.copy).call(good, { ...request, headers: Object.fromEntries(others) });
        },
      }),
      ['a copy onto itself replaces the metadata alone, as long as its conditions are met'],
    ],
    [
      'tells one ACL for all objects',
      (good) => ({
        acl: async (request) => {
          await existing(good.acl).call(good, request);
          return 'default';
        },
      }),
      ['the ACL that an object has of its own is told, and default for none'],
    ],
    [
      'decodes tags twice',
      (good) => ({
        tags: async (request) => {
          const tags = Object.entries(await existing(good.tags).call(good, request));
          return Object.fromEntries(tags.map(([name, value]) => [name, value.replaceAll('+', ' ')]));
        },
      }),
      ['the tags of an object are told, whatever they are'],
    ],
    [
      'has no tags for what is not there',
      (good) => ({
        tags: async (request) =>
          existing(good.tags)
            .call(good, request)
            .catch(() => ({})),
      }),
      [
        'tags rejects with the reason of an abort before it',
        'the tags of an object are told, whatever they are',
      ],
    ],
    [
      'lists one page of versions and of uploads',
      (good) => ({
        bucketView: {
          ...viewOf(good),
          listVersions: async (request) => ({
            ...(await viewOf(good).listVersions(request)),
            next: undefined,
          }),
          listUploads: async (request) => ({ ...(await viewOf(good).listUploads(request)), next: undefined }),
        },
      }),
      [
        'open uploads are listed page by page, also several of one key',
        'versions are listed page by page, whatever their keys',
      ],
    ],
    [
      'forgets the upload at which a page ends',
      (good) => ({
        bucketView: {
          ...viewOf(good),
          listUploads: ({ after, ...request }) =>
            viewOf(good).listUploads({ ...request, after: after && { key: after.key, id: undefined } }),
        },
      }),
      ['open uploads are listed page by page, also several of one key'],
    ],
    [
      'tells counts as the texts that the document has',
      (good) => ({
        bucketView: {
          ...viewOf(good),
          statistics: async (request) => ({
            ...(await viewOf(good).statistics(request)),
            objectCount: '230' as never,
          }),
        },
      }),
      ['how many objects the bucket had is told, as whole numbers'],
    ],
    [
      'takes a policy that was never made for a failure',
      (good) => ({
        bucketView: {
          ...viewOf(good),
          retention: async (request) => {
            request.signal?.throwIfAborted();
            throw new ServiceError('None.', { service: 'OSS', status: 404 });
          },
        },
      }),
      ['the settings of the bucket are told, and those that were never made'],
    ],
    [
      'asks for pages of any size',
      (good) => ({
        bucketView: {
          ...viewOf(good),
          listVersions: ({ maxEntries, ...request }) => viewOf(good).listVersions(request),
        },
      }),
      [
        'a page of no entries, or of too many, is refused before it is asked for',
        'versions are listed page by page, whatever their keys',
      ],
    ],
    [
      'refuses a second cancel',
      (good) => ({
        get: async (request) => {
          const response = await good.get(request);
          let isCancelled = false;
          const cancel = async (): Promise<void> => {
            if (isCancelled) reading(new Error('cancelled before'));
            isCancelled = true;
            await response.cancel();
          };
          return { status: response.status, headers: response.headers, chunks: response.chunks, cancel };
        },
      }),
      ['a body that nobody reads can be given up, twice'],
    ],
    [
      'lists parts without a size',
      (good) => ({
        parts: {
          ...partsOf(good),
          list: async (request) =>
            (await partsOf(good).list(request)).map((part) => ({ ...part, sizeBytes: 0 })),
        },
      }),
      ['stored parts are listed as they were stored'],
    ],
    [
      'stores parts without their etag',
      (good) => ({
        parts: {
          ...partsOf(good),
          put: async (request) => {
            const { status, headers } = await partsOf(good).put(request);
            const { etag: _, ...others } = headers;
            return { status, headers: others };
          },
        },
      }),
      [
        'parts become one object in the order of their numbers',
        'stored parts are listed as they were stored',
        'a part may be sent in chunks, and sent again',
        'all parts are listed, also when they fill more than one page',
        "a callback's answer is the document of an upload that is finished",
        'listed parts finish an upload',
        'a dropped upload is gone, and leaves no object',
        ...['a reset', 'a 503', 'a lost answer'].flatMap((what) => repeated(what, ['parts.put'])),
        ...['a reset', 'a 503'].flatMap((what) => repeated(what, ['parts.finish'])),
        'a lost answer of parts.finish: it is sent again, and the server says that the upload is gone',
        'an error document in a 200 of parts.finish is an error',
      ],
    ],
    [
      'lists the first page again and again',
      (good) => ({
        list: ({ continuationToken: _, ...request }) => existing(good.list).call(good, request),
      }),
      ['a list has all objects, page by page, and what they share'],
    ],
    [
      'deletes the first of many only, and does not say so',
      (good) => ({
        deleteMany: ({ keys, ...request }) =>
          existing(good.deleteMany).call(
            good,
            keys.length > 1 ? { ...request, keys: keys.slice(0, 1) } : { ...request, keys },
          ),
      }),
      [
        'names that no document can hold are refused, and nothing is deleted',
        'objects of any name are deleted in one request, and no others',
        'what is not there counts as deleted, up to a thousand in a request',
      ],
    ],
    [
      'says of many that the last is not deleted',
      (good) => ({
        deleteMany: async (request) => {
          await existing(good.deleteMany).call(good, request);
          return [{ key: request.keys.at(-1) ?? '', serviceCode: undefined }];
        },
      }),
      [
        'objects of any name are deleted in one request, and no others',
        'what is not there counts as deleted, up to a thousand in a request',
      ],
    ],
    [
      'drops control characters of the keys that it deletes',
      (good) => ({
        deleteMany: ({ keys, ...request }) =>
          existing(good.deleteMany).call(good, {
            ...request,
            keys: keys.map((key) => (key.endsWith('\0') ? key : key.replace(/\p{Cc}/gu, ''))),
          }),
      }),
      ['objects of any name are deleted in one request, and no others'],
    ],
    [
      'signs no metadata in',
      (good) => ({
        presign: ({ headers, ...request }) => {
          const { 'x-oss-meta-colour': _, ...others } = headers;
          return existing(good.presign).call(good, { ...request, headers: others });
        },
      }),
      ['a presigned upload stores what is sent with its headers, and nothing without them'],
    ],
    [
      'signs for a day, whatever is asked',
      (good) => ({
        presign: (request) => existing(good.presign).call(good, { ...request, expiresSeconds: 86_400 }),
      }),
      [
        'a life that OSS does not allow is refused',
        'a presigned download gives the object without credentials',
      ],
    ],
    [
      'signs keys as they are',
      (good) => ({
        presign: async (request) => {
          const signed = await existing(good.presign).call(good, request);
          return { ...signed, url: signed.url.replaceAll('%2B', '%20') };
        },
      }),
      ['a URL names just its object, whatever the key'],
    ],
    [
      'shows a URL that was refused',
      (good) => ({
        getByUrl: (request) =>
          existing(good.getByUrl)
            .call(good, request)
            .catch((error) => reading(Object.assign(error, { url: request.url }))),
      }),
      [
        'a URL that was changed is refused, and no error shows it',
        'a redirect of a URL is not followed, and a 503 is asked again where the transport retries',
      ],
    ],
    [
      'fetches all of a URL, and ignores an abort',
      (good) => ({
        getByUrl: ({ url }) => existing(good.getByUrl).call(good, { url, headers: {} }),
      }),
      [
        'getByUrl rejects with the reason of an abort before it',
        'what was signed elsewhere is fetched, whole and in part',
      ],
    ],
    [
      'has no parts, and does not say so',
      () => ({ parts: undefined }),
      transportCases
        .filter(({ unless }) =>
          unless?.({ ...transportSubject(new MemoryOss()), traits: { lacks: ['parts'] } }),
        )
        .map(({ name }) => name),
    ],
  ];
  it.each(changes)('%s', async (_, change, expected) => {
    const failures = await failuresOf(transportCases, changed(change), { expected });
    expect(failures.sort()).toEqual(expected.sort());
  });
});

describe.concurrent('a pair whose', { timeout: 300_000 }, () => {
  const pair = (parts: Partial<ClientSubject>): ClientSubject => ({
    ...clientSubject(new MemoryOss()),
    ...parts,
  });

  it('other provider opens everything', async () => {
    const expected = eachFormat('a wrong master key does not read');
    const subject = pair({ createOtherProvider: () => flawedProvider(1) });
    expect(await failuresOf(clientCases, subject, { expected })).toEqual(expected);
  });

  const namesWith = (text: string): string[] =>
    clientCases.map(({ name }) => name).filter((name) => name.includes(text));
  const everyday: [string, (good: ObjectTransport) => Partial<ObjectTransport>, string[]][] = [
    [
      'transport lists the first page again',
      (good) => ({
        list: ({ continuationToken: _, ...request }) => existing(good.list).call(good, request),
      }),
      [
        ...inAllFormats('a list gives what was put, page by page, and sizes by withInfo'),
        ...inAllFormats('keys of every odd kind are listed, found and deleted together'),
      ],
    ],
    [
      'transport finds what is not there',
      (good) => ({
        head: (request) =>
          good
            .head(request)
            .catch(() => ({ status: 200, headers: { etag: '"e"', 'x-oss-request-id': 'r' } })),
      }),
      inAllFormats('keys of every odd kind are listed, found and deleted together'),
    ],
    [
      'transport deletes nothing together',
      () => ({ deleteMany: async () => [] }),
      inAllFormats('keys of every odd kind are listed, found and deleted together'),
    ],
    [
      'transport signs without the envelope',
      (good) => ({
        presign: async (request) => {
          const kept = Object.entries(request.headers).filter(([name]) => !/-key$|oss-envelope/.test(name));
          return existing(good.presign).call(good, { ...request, headers: Object.fromEntries(kept) });
        },
      }),
      inAllFormats('a presigned upload is sent without credentials, and read back by a URL'),
    ],
    [
      'transport gives the type of another object',
      (good) => ({
        get: async (request) => {
          const response = await good.get(request);
          const { status, chunks } = response;
          const headers = { ...response.headers, 'content-type': 'text/html' };
          return { status, chunks, headers, cancel: () => response.cancel() };
        },
      }),
      inAllFormats('content is read like the body of a response'),
    ],
  ];
  it.each(everyday)('%s', async (_, change, expected) => {
    const { createTransport, fetch } = changed(change);
    const others = inAllFormats('a bucket with other options is another bucket').slice(0, 1);
    const failures = await failuresOf(clientCases, pair({ createTransport, fetch }), { expected, others });
    expect(failures).toEqual(expect.arrayContaining(expected));
    expect(failures).not.toEqual(expect.arrayContaining(others));
  });

  it('transport lacks what may be missing, and each call says so', async () => {
    const { createTransport, fetch } = changed(() => ({
      list: undefined,
      deleteMany: undefined,
      presign: undefined,
      getByUrl: undefined,
    }));
    const others = [
      'a list gives what was put, page by page, and sizes by withInfo',
      'keys of every odd kind are listed, found and deleted together',
      'a presigned upload is sent without credentials, and read back by a URL',
    ].flatMap(inAllFormats);
    const subject = pair({ createTransport, fetch });
    expect(await failuresOf(clientCases, subject, { expected: [], others })).toEqual([]);
  });

  it('transport ignores aborts', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport => new FlawedTransport(oss, { ignoresAborts: true });
    const expected = eachFormat('an abort of a download is the error of reading');
    const subject = pair({ createTransport, fetch: oss.fetch });
    expect(await failuresOf(clientCases, subject, { expected })).toEqual(expected);
  });

  it('transport changes a byte', async () => {
    const { createTransport } = changed((good) => ({
      get: async (request) => {
        const response = await good.get(request);
        const chunks = (async function* () {
          for await (const chunk of response.chunks) yield chunk.map((byte) => byte ^ 1);
        })();
        return {
          status: response.status,
          headers: response.headers,
          chunks,
          cancel: () => response.cancel(),
        };
      },
    }));
    const expected = [
      '17 bytes come back as they went',
      'text comes back as it went',
      'a closed range is decrypted',
    ].flatMap(eachFormat);
    const others = eachFormat('what is stored is not what was put');
    const failures = await failuresOf(clientCases, pair({ createTransport }), { expected, others });
    expect(failures).toEqual(expect.arrayContaining(expected));
    expect(failures).not.toEqual(expect.arrayContaining(others));
  });

  it.each([
    ['shows another envelope by HEAD', { 'x-oss-meta-oss-crypto-key': 'AAAA' }],
    ['shows another size by HEAD', { 'content-length': '1' }],
    ['shows another checksum by HEAD', { 'x-oss-hash-crc64ecma': '1' }],
  ])('transport %s', async (_, changes) => {
    const { createTransport, faults } = changed((good) => ({
      crc64: good.crc64,
      head: async (request) => {
        const { status, headers } = await good.head(request);
        return { status, headers: { ...headers, ...changes } };
      },
    }));
    const expected = [
      'oss-crypto: a lost answer to what must not replace an object: its envelope shows that it is there',
    ];
    const failures = await failuresOf(clientCases, pair({ createTransport, faults }), { expected });
    expect(failures).toEqual(expect.arrayContaining(expected));
  });

  it('transport takes an object that is in the way for its own', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport => new FlawedTransport(oss, { believesConflicts: true });
    const expected = namesWith('a lost answer');
    const failures = await failuresOf(clientCases, pair({ createTransport, faults: oss }), { expected });
    expect(failures.filter((name) => expected.includes(name))).toHaveLength(3);
  });

  it('transport says that an upload was finished which was not', async () => {
    const { createTransport, faults } = changed((good) => ({
      crc64: good.crc64,
      parts: {
        ...partsOf(good),
        finish: async (request) => {
          const answer = await partsOf(good)
            .finish(request)
            .catch(() => undefined);
          return answer ?? { status: 200, headers: { etag: '"e"' } };
        },
      },
    }));
    const expected = namesWith('a lost answer to the end of an upload');
    const failures = await failuresOf(clientCases, pair({ createTransport, faults }), { expected });
    expect(failures.filter((name) => expected.includes(name))).toHaveLength(3);
  });

  it('transport copies without the metadata directive', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport => {
      const good = new FlawedTransport(oss);
      const copy = good.copy.bind(good);
      return Object.assign(good, {
        copy: ({ headers, ...request }: CopyObjectRequest) => {
          const { 'x-oss-metadata-directive': _, ...others } = headers;
          return copy({ ...request, headers: others });
        },
      });
    };
    const expected = [
      'oss-crypto: an object that others replace meanwhile is rewrapped as they left it',
      'oss-crypto: rewrapped for another master key, an object opens by that one alone',
      'sealed: a copy opens in its place, and so does what was renamed',
      'sealed: a recipient opens an object from one rewrap to the next',
      'sealed: an object that others replace meanwhile is rewrapped as they left it',
      'sealed: rewrapped for another master key, an object opens by that one alone',
    ];
    const subject = { ...clientSubject(oss), createTransport };
    expect((await failuresOf(clientCases, subject, { expected })).sort()).toEqual(expected);
  });

  it('transport leaves out the conditions of a copy, and what it must not replace', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport => {
      const good = new FlawedTransport(oss);
      const copy = good.copy.bind(good);
      return Object.assign(good, {
        copy: ({ headers, ...request }: CopyObjectRequest) => {
          const isLost = (name: string) =>
            name.startsWith('x-oss-copy-source-if-') || name === 'x-oss-forbid-overwrite';
          const sent = Object.entries(headers).filter(([name]) => !isLost(name));
          return copy({ ...request, headers: Object.fromEntries(sent) });
        },
      });
    };
    const [onto, each, meanwhile] = [
      'a copy onto itself, or onto what it must not replace, is refused',
      'an object that others replace each time is left as they made it',
      'an object that others replace meanwhile is rewrapped as they left it',
    ] as const;
    const expected = [
      ...inAllFormats(onto),
      ...['sealed', 'oss-crypto'].flatMap((format) => [`${format}: ${each}`, `${format}: ${meanwhile}`]),
    ];
    const subject = { ...clientSubject(oss), createTransport };
    expect((await failuresOf(clientCases, subject, { expected })).sort()).toEqual(expected.sort());
  });

  it('transport cannot copy, and says so', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport =>
      Object.assign<FlawedTransport, Pick<ObjectTransport, 'copy'>>(new FlawedTransport(oss), {
        copy: undefined,
      }) as ObjectTransport;
    const expected = ['sealed: rewrapped for another master key, an object opens by that one alone'];
    const subject: ClientSubject = { ...clientSubject(oss), createTransport };
    expect(await failuresOf(clientCases, { ...subject, lacks: ['copy'] }, { expected })).toEqual([]);
    expect(await failuresOf(clientCases, subject, { expected })).toEqual(expect.arrayContaining(expected));
  });

  it('provider refuses what it is not declared to refuse', async () => {
    const createProvider = (): KeyProvider => flawedProvider(1, {}, { canUnwrap: false });
    const expected = eachFormat('1 bytes come back as they went');
    const others = eachFormat('what is stored is not what was put');
    const failures = await failuresOf(clientCases, pair({ createProvider }), { expected, others });
    expect(failures).toEqual(expect.arrayContaining(expected));
    expect(failures).not.toEqual(expect.arrayContaining(others));
  });
});
