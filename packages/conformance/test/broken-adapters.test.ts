import type { KeyProvider, ObjectTransport } from '@oss-envelope/core';
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
import { MemoryOss } from './memory-oss.js';
import { MemoryTransport, type TransportFlaws } from './memory-transport.js';
import { clientSubject, providerSubject, transportSubject } from './sample-subjects.js';
import { type ProviderFlaws, toyProvider } from './toy-provider.js';

async function failuresOf<S>(cases: readonly ConformanceCase<S>[], subject: S): Promise<string[]> {
  const { failed } = await runCases(cases, subject, { print: () => {}, timeoutMs: 700 });
  return failed.map(({ name }) => name);
}

/** A transport with some methods replaced, each given the good one. */
function changed(change: (good: ObjectTransport) => Partial<ObjectTransport>): TransportSubject {
  const oss = new MemoryOss();
  const createTransport = (): ObjectTransport => {
    const good = new MemoryTransport(oss);
    const delegating: ObjectTransport = {
      put: (request) => good.put(request),
      get: (request) => good.get(request),
      head: (request) => good.head(request),
      delete: (request) => good.delete(request),
      copy: (request) => good.copy(request),
      startParts: (request) => good.parts.start(request),
      putPart: (request) => good.parts.put(request),
      listParts: (request) => good.parts.list(request),
      finishParts: (request) => good.parts.finish(request),
      dropParts: (request) => good.parts.drop(request),
    };
    return { ...delegating, ...change(good) };
  };
  return { ...transportSubject(oss), createTransport };
}

function reading(error: unknown): never {
  throw error;
}

const eachFormat = (name: string): string[] => [`oss-crypto: ${name}`, `client-side-encryption: ${name}`];

describe('a provider that', () => {
  const flaws: [string, ProviderFlaws, string[]][] = [
    ['makes one key for all objects', { sameKey: true }, eachFormat('every data key is fresh')],
    [
      'wraps nothing',
      { inTheClear: true },
      [
        ...eachFormat('the data key is not to be seen in what is wrapped'),
        ...eachFormat('another master key does not open it'),
        ...eachFormat('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...eachFormat('wrapped bytes that are cut, too long or too few are refused'),
        ...eachFormat('every unwrap failure reads the same'),
      ],
    ],
    ['makes short keys', { shortKey: true }, eachFormat('a data key has 32 bytes and is not zero')],
    [
      "changes the caller's bytes",
      { changesStart: true },
      eachFormat("the caller's bytes are neither changed nor kept"),
    ],
    ['hands out its cache', { cachesUnwrapped: true }, eachFormat("what is handed out is the caller's own")],
    ['mixes concurrent calls', { mixesCalls: true }, eachFormat('eight calls at once do not mix')],
    [
      'does not notice a wrong key',
      { noTag: true },
      [
        'client-side-encryption: another master key does not open it',
        'client-side-encryption: a changed wrapped start value does not open',
        ...eachFormat('a changed wrapped key does not open'),
      ],
    ],
    [
      'says why a key does not open',
      { saysWhy: true },
      [
        ...eachFormat('another master key does not open it'),
        ...eachFormat('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...eachFormat('wrapped bytes that are cut, too long or too few are refused'),
        ...eachFormat('every unwrap failure reads the same'),
      ],
    ],
    [
      'refuses with another error',
      { otherError: true },
      [
        ...eachFormat('another master key does not open it'),
        ...eachFormat('a changed wrapped key does not open'),
        ...eachFormat('a changed wrapped start value does not open'),
        ...eachFormat('wrapped bytes that are cut, too long or too few are refused'),
      ],
    ],
    ['ignores aborts', { ignoresAborts: true }, eachFormat('unwrapKey rejects with the reason of an abort')],
    [
      'aborts with another error',
      { abortsOtherwise: true },
      eachFormat('an abort under way gives its reason, or comes too late'),
    ],
    ['shows its keys', { showsKey: true }, eachFormat('a data key is not shown by JSON or in a string')],
    [
      'wraps another key than the one it is given',
      { ignoresGivenKey: true },
      eachFormat('a given key is wrapped as it is, or refused'),
    ],
    [
      'opens what says that another kind of provider made it',
      { takesAnyAlgorithm: true },
      eachFormat('a wrap algorithm that it does not know is refused'),
    ],
    [
      'does not say what it reads',
      { fewerUnwraps: true },
      ['it says which formats, algorithms and material description it serves'],
    ],
  ];
  it.each(flaws)('%s', async (_, flaw, expected) => {
    expect((await failuresOf(providerCases, providerSubject(flaw))).sort()).toEqual(expected.sort());
  });

  it('writes fewer formats than declared', async () => {
    const createProvider = (): KeyProvider => toyProvider(1, {}, { wraps: { 'oss-crypto': 'kms' } });
    const subject = {
      createProvider,
      createOtherProvider: () => toyProvider(2, {}, { wraps: { 'oss-crypto': 'kms' } }),
    };
    const failures = await failuresOf(providerCases, subject);
    expect(failures).toContain('it says which formats, algorithms and material description it serves');
    const declared: ProviderSubject = { ...subject, traits: { formats: ['oss-crypto'] } };
    expect(await failuresOf(providerCases, declared)).toEqual([]);
  });

  it('writes though it should only read, and reads though it should only write', async () => {
    const subject: ProviderSubject = {
      ...providerSubject(),
      createWriteOnlyProvider: () => toyProvider(1),
      createReadOnlyProvider: () => toyProvider(1),
    };
    expect((await failuresOf(providerCases, subject)).sort()).toEqual(
      [
        ...eachFormat('a provider that only writes wraps for one that reads'),
        ...eachFormat('a provider that only reads unwraps and does not wrap'),
      ].sort(),
    );
  });

  it('reads what it is declared to refuse, and refuses what it is not declared to', async () => {
    const traits = { refusesToUnwrap: ['rsa-pkcs1'] as const };
    const failures = await failuresOf(providerCases, { ...providerSubject(), traits });
    expect(failures).toContain('client-side-encryption: what is wrapped is unwrapped');
    expect(failures).not.toContain('oss-crypto: what is wrapped is unwrapped');
  });
});

describe('a transport that', () => {
  const flaws: [string, TransportFlaws, string[]][] = [
    [
      'does not compare CRC-64',
      { ignoresCrc64: true },
      [
        'a body that ends half-way and says it is whole fails by its CRC-64',
        'a body with another bit fails by its CRC-64',
        'a body with another CRC-64 than announced fails',
        'an upload with another CRC-64 than its answer says fails',
        'a part with another CRC-64 than its answer says fails',
        'a finished upload with another CRC-64 than its parts fails',
      ],
    ],
    [
      'never retries though it says so',
      { neverRetries: true },
      [
        'a reset under bytes: they are sent again where the transport retries',
        'a stall under bytes: they are sent again where the transport retries',
        'a 503 under bytes: they are sent again where the transport retries',
        'a lost answer to bytes: they are sent again where the transport retries',
        'a 503 that stays is refused after as many requests as declared',
      ],
    ],
    [
      'retries once more than it says',
      { retriesOnceMore: true },
      ['a 503 that stays is refused after as many requests as declared'],
    ],
    ['retries what is forbidden', { retriesForbidden: true }, ['a 403 is refused after one request']],
    ['follows redirects', { followsRedirects: true }, ['a redirect is not followed']],
    [
      'keeps connections',
      { keepsConnections: true },
      [
        'a body that is reset half-way fails to be read',
        'a body that stalls half-way fails to be read',
        'a body that ends half-way fails to be read',
        'a body that ends half-way and says it is whole fails by its CRC-64',
        'a body with another bit fails by its CRC-64',
        'a body with another CRC-64 than announced fails',
        'a body that is given up releases its connection',
        'an abort releases the connection of a body that comes down',
      ],
    ],
    [
      'waits forever',
      { waitsForever: true },
      [
        'a stall under bytes: they are sent again where the transport retries',
        'a stall under chunks: they are never sent again',
        'a body that stalls half-way fails to be read',
      ],
    ],
    [
      'keeps chunks beyond their time',
      { keepsChunks: true },
      [
        'a source that uses one buffer again and again arrives intact',
        'a source shorter than announced is refused, and nothing is stored',
        'a source longer than announced is refused, and nothing is stored',
        'an abort while a body goes up gives the reason and leaves the source',
      ],
    ],
    [
      'hides the errors of sources',
      { hidesSourceErrors: true },
      [
        'an error of the source is the error of the call, and nothing is stored',
        "an error of a part's source is the error of the call",
        'a source shorter than announced is refused, and nothing is stored',
        'a source longer than announced is refused, and nothing is stored',
      ],
    ],
    [
      'ignores the announced size',
      { ignoresAnnouncedSize: true },
      [
        'a source shorter than announced is refused, and nothing is stored',
        'a source longer than announced is refused, and nothing is stored',
      ],
    ],
    [
      'lists one page of parts',
      { listsOnePage: true },
      ['all parts are listed, also when they fill more than one page'],
    ],
    [
      'holds parts of objects to the CRC-64 of the whole',
      { checksRangesByCrc64: true },
      [
        ...[
          'closed range',
          'range of one byte',
          'open-ended range',
          'suffix range',
          'range past the end',
        ].map((range) => `a ${range} gives just its bytes, and says which`),
        'a part of an object is not held to the CRC-64 of the whole',
      ],
    ],
    [
      'does not correct its clock though it says so',
      { ignoresClock: true },
      ['a wrong clock is put right, where that is declared, and refused otherwise'],
    ],
    [
      'believes bodies that break off',
      { believesShortBodies: true },
      ['a body that is reset half-way fails to be read', 'a body that ends half-way fails to be read'],
    ],
  ];
  it.each(flaws)('%s', async (_, flaw, expected) => {
    const failures = await failuresOf(transportCases, transportSubject(new MemoryOss(), flaw));
    expect(failures.sort()).toEqual(expected.sort());
  });

  it('ignores aborts', async () => {
    const failures = await failuresOf(
      transportCases,
      transportSubject(new MemoryOss(), { ignoresAborts: true }),
    );
    expect(failures).toContain('put rejects with the reason of an abort before it');
    expect(failures).toContain('listParts rejects with the reason of an abort before it');
    expect(failures).toContain('an abort while a body comes down gives the reason');
  });

  it('tells secrets', async () => {
    const failures = await failuresOf(
      transportCases,
      transportSubject(new MemoryOss(), { tellsSecrets: true }),
    );
    expect(failures).toContain('what is not there is refused with 404');
    expect(failures).not.toContain('17 bytes come back as they went');
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
        finishParts: ({ parts, ...request }) =>
          parts[0]?.partNumber === 1
            ? good.parts.finish({ ...request, parts })
            : good.parts.finish({ ...request, parts: [] }).then(() => reading(new Error('order'))),
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
      (good) => ({ copy: (request) => good.copy({ ...request, headers: {} }) }),
      ['a copy has the bytes and the metadata, or the new ones'],
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
      'reports parts without a size',
      (good) => ({ putPart: async (request) => ({ ...(await good.parts.put(request)), sizeBytes: 0 }) }),
      [
        'a stored part says its number, size and etag',
        'stored parts are listed as they were stored',
        'parts become one object in the order of their numbers',
      ],
    ],
  ];
  it.each(changes)('%s', async (_, change, expected) => {
    const failures = await failuresOf(transportCases, changed(change));
    expect(failures.sort()).toEqual(expected.sort());
  });
});

describe('a pair whose', () => {
  const pair = (parts: Partial<ClientSubject>): ClientSubject => ({
    ...clientSubject(new MemoryOss()),
    ...parts,
  });

  it('other provider opens everything', async () => {
    const failures = await failuresOf(clientCases, pair({ createOtherProvider: () => toyProvider(1) }));
    expect(failures).toEqual(eachFormat('a wrong master key does not read'));
  });

  it('transport ignores aborts', async () => {
    const oss = new MemoryOss();
    const createTransport = (): ObjectTransport => new MemoryTransport(oss, { ignoresAborts: true });
    const failures = await failuresOf(clientCases, pair({ createTransport }));
    expect(failures).toEqual(eachFormat('an abort of a download is the error of reading'));
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
    const failures = await failuresOf(clientCases, pair({ createTransport }));
    for (const name of [
      '17 bytes come back as they went',
      'text comes back as it went',
      'a closed range is decrypted',
    ]) {
      expect(failures).toEqual(expect.arrayContaining(eachFormat(name)));
    }
    expect(failures).not.toEqual(expect.arrayContaining(eachFormat('what is stored is not what was put')));
  });

  it('provider refuses what it is not declared to refuse', async () => {
    const createProvider = (): KeyProvider => toyProvider(1, {}, { canUnwrap: false });
    const failures = await failuresOf(clientCases, pair({ createProvider }));
    expect(failures).toEqual(expect.arrayContaining(eachFormat('1 bytes come back as they went')));
    expect(failures).not.toEqual(expect.arrayContaining(eachFormat('what is stored is not what was put')));
  });
});
