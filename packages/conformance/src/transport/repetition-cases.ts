import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import { needingFaults } from '../case-needs.js';
import type { ConformanceCase } from '../conformance-case.js';
import type { FaultEffect } from '../fault-control.js';
import { chunksOf, collectBytes, sampleBytes } from '../sample-bytes.js';
import { faultCase, TransportBench } from './transport-bench.js';
import type { OptionalCapability, TransportSubject } from './transport-subject.js';

// Which failures pass, which requests are sent again, and what a refusal means: the same over every transport.

/** An operation on an object, ready to be called, with the method of its request. */
interface Operation {
  readonly name: string;
  readonly method: string;
  readonly needs?: OptionalCapability;
  /** Makes what the operation needs. Gives the call, and the check of its effect. */
  prepare(bench: TransportBench, key: string): Promise<() => Promise<unknown>>;
}

const bytes = sampleBytes(1000);

const operations: readonly Operation[] = [
  { name: 'put', method: 'PUT', prepare: async (bench, key) => () => bench.put(key, bytes) },
  {
    name: 'get',
    method: 'GET',
    prepare: async (bench, key) => {
      await bench.put(key, bytes);
      return async () => collectBytes((await bench.get(key)).chunks);
    },
  },
  {
    name: 'head',
    method: 'HEAD',
    prepare: async (bench, key) => {
      await bench.put(key, bytes);
      return () => bench.transport.head({ key, headers: {} });
    },
  },
  {
    name: 'delete',
    method: 'DELETE',
    prepare: async (bench, key) => {
      await bench.put(key, bytes);
      return () => bench.transport.delete({ key, headers: {} });
    },
  },
  {
    name: 'copy',
    method: 'PUT',
    needs: 'copy',
    prepare: async (bench, key) => {
      const sourceKey = bench.key();
      await bench.put(sourceKey, bytes);
      return () => bench.copy({ key, sourceKey, headers: {} });
    },
  },
  {
    name: 'acl',
    method: 'GET',
    needs: 'acl',
    prepare: async (bench, key) => {
      await bench.put(key, bytes);
      return () => bench.acl({ key, headers: {} });
    },
  },
  {
    name: 'tags',
    method: 'GET',
    needs: 'tags',
    prepare: async (bench, key) => {
      await bench.put(key, bytes);
      return () => bench.tags({ key, headers: {} });
    },
  },
  {
    name: 'parts.start',
    method: 'POST',
    needs: 'parts',
    prepare: async (bench, key) => async () => {
      const { uploadId } = await bench.parts.start({ key, headers: {} });
      await bench.parts.drop({ key, uploadId, headers: {} });
    },
  },
  {
    name: 'parts.put',
    method: 'PUT',
    needs: 'parts',
    prepare: async (bench, key) => {
      const upload = { key, ...(await bench.parts.start({ key, headers: {} })) };
      return async () => {
        await bench.putPart(upload, 1, bytes);
        await bench.parts.drop({ ...upload, headers: {} });
      };
    },
  },
  {
    name: 'parts.list',
    method: 'GET',
    needs: 'parts',
    prepare: async (bench, key) => {
      const upload = { key, headers: {}, ...(await bench.parts.start({ key, headers: {} })) };
      return async () => {
        await bench.parts.list(upload);
        await bench.parts.drop(upload);
      };
    },
  },
  {
    name: 'parts.drop',
    method: 'DELETE',
    needs: 'parts',
    prepare: async (bench, key) => {
      const upload = { key, headers: {}, ...(await bench.parts.start({ key, headers: {} })) };
      return () => bench.parts.drop(upload);
    },
  },
];

const finish: Operation = {
  name: 'parts.finish',
  method: 'POST',
  needs: 'parts',
  prepare: async (bench, key) => {
    const upload = { key, ...(await bench.parts.start({ key, headers: {} })) };
    const parts = [await bench.putPart(upload, 1, bytes)];
    return () => bench.parts.finish({ ...upload, headers: {}, parts });
  },
};

const reset = { kind: 'reset-request', afterBytes: 0 } as const;
const lost = { kind: 'lost-response' } as const;
/** What is stored must not replace an object. */
const forbid = { 'x-oss-forbid-overwrite': 'true' };
const unavailable = { kind: 'status', status: 503, code: 'ServiceUnavailable' } as const;

/** How many requests of the method there were. */
async function requestCount(bench: TransportBench, method: string, key: string): Promise<number> {
  return (await bench.faults.requests(key)).filter((request) => request.method === method).length;
}

/** After one fault, the operation succeeds by a second request where the transport retries, and fails otherwise. */
function repeatedCase(
  operation: Operation,
  what: string,
  effect: FaultEffect,
): ConformanceCase<TransportSubject> {
  const { name, method, needs, prepare } = operation;
  return faultCase(
    `${what} of ${name}: it is sent again where the transport retries`,
    async (bench) => {
      const key = bench.key();
      const call = await prepare(bench, key);
      const before = await requestCount(bench, method, key);
      await bench.faults.add({ ...effect, match: { key, method } });
      if (bench.traits.retries === 0) {
        await bench.rejects(call, ['ERR_TRANSPORT', 'ERR_SERVICE'], `${what} of ${name}`);
        return;
      }
      await call();
      assertEqual((await requestCount(bench, method, key)) - before, 2, `the number of ${method} requests`);
    },
    needs && [needs],
  );
}

function statusCase(status: number, isRepeated: boolean): ConformanceCase<TransportSubject> {
  return faultCase(
    `a ${status} is ${isRepeated ? 'sent again where the transport retries' : 'final'}`,
    async (bench) => {
      const key = bench.key();
      await bench.put(key, bytes);
      await bench.faults.add({ kind: 'status', status, code: 'SomeCode', match: { key, method: 'GET' } });
      if (isRepeated && bench.traits.retries > 0) {
        assertSameBytes(await bench.read(key), bytes, 'what came back');
        await bench.assertRequests('GET', key, 2);
        return;
      }
      const error = await bench.refused(() => bench.get(key), status, `a ${status}`);
      assertEqual(error.retryable, isRepeated, 'whether the same request may succeed later');
      await bench.assertRequests('GET', key, 1);
    },
  );
}

/** An operation that makes something must not take an error document for its success. */
function errorInSuccessCase({ name, method, needs, prepare }: Operation): ConformanceCase<TransportSubject> {
  return faultCase(
    `an error document in a 200 of ${name} is an error`,
    async (bench) => {
      const key = bench.key();
      const call = await prepare(bench, key);
      const match = { key, method };
      await bench.faults.add({ kind: 'status', status: 200, code: 'AccessDenied', match, times: 1000 });
      const error = await bench.refused(call, 200, `an error document in a 200 of ${name}`);
      assertEqual(error.serviceCode, 'AccessDenied', 'the service code');
    },
    needs && [needs],
  );
}

/** A case on a transport that fetches its credentials, and on objects of its own. */
function renewalCase(
  name: string,
  run: (bench: TransportBench, renewals: () => number) => Promise<void>,
): ConformanceCase<TransportSubject> {
  return needingFaults({
    name,
    unless: ({ createRenewingTransport }) =>
      createRenewingTransport === undefined ? 'the transport does not renew credentials' : undefined,
    async run(subject) {
      const renewing = await subject.createRenewingTransport?.();
      assert(renewing !== undefined, 'the subject must make a transport that renews its credentials');
      const bench = new TransportBench(subject, renewing.transport);
      try {
        await run(bench, () => renewing.renewals());
      } finally {
        await bench.clear();
      }
      return 'passed';
    },
  });
}

const ended = { kind: 'status', status: 403, code: 'SecurityTokenExpired' } as const;

/** Headers that are the transport's own. */
const ownHeaders = [
  'accept-encoding',
  'Authorization',
  'connection',
  'content-length',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-oss-content-sha256',
  'x-oss-copy-source',
  'x-oss-date',
  'x-oss-security-token',
];

/** What is sent again, and after what. What refusals and answers mean. Which headers go. */
export const repetitionCases: readonly ConformanceCase<TransportSubject>[] = [
  ...[...operations, finish].map((operation) => repeatedCase(operation, 'a reset', reset)),
  ...[...operations, finish].map((operation) => repeatedCase(operation, 'a 503', unavailable)),
  ...operations.map((operation) => repeatedCase(operation, 'a lost answer', lost)),
  faultCase(
    'a lost answer of parts.finish: it is sent again, and the server says that the upload is gone',
    async (bench) => {
      const key = bench.key();
      const call = await finish.prepare(bench, key);
      await bench.faults.add({ ...lost, match: { key, method: 'POST' } });
      if (bench.traits.retries === 0) {
        await bench.rejects(call, 'ERR_TRANSPORT', 'a lost answer');
      } else {
        // The client then looks at what is stored.
        const error = await bench.refused(call, 404, 'finishing what is finished');
        assertEqual(error.serviceCode, 'NoSuchUpload', 'the service code');
      }
      assertSameBytes(await bench.read(key), bytes, 'what came back');
    },
    ['parts'],
  ),
  ...[408, 429, 500, 502, 504].map((status) => statusCase(status, true)),
  ...[400, 409, 501, 505].map((status) => statusCase(status, false)),
  faultCase('a server that asks for a long pause is left alone', async (bench) => {
    const key = bench.key();
    await bench.put(key, bytes);
    const match = { key, method: 'GET' };
    await bench.faults.add({ ...unavailable, headers: { 'retry-after': '3600' }, match, times: 1000 });
    const error = await bench.refused(() => bench.get(key), 503, 'a 503 with Retry-After');
    assertEqual(error.retryAfterMs, 3_600_000, 'how long the server asks to wait, in milliseconds');
    await bench.assertRequests('GET', key, 1);
  }),
  faultCase(
    'a copy that must not replace an object is sent again only if it was not served',
    async (bench) => {
      const [sourceKey, broken, busy] = [bench.key(), bench.key(), bench.key()];
      await bench.put(sourceKey, bytes);
      await bench.faults.add({ ...lost, match: { key: broken, method: 'PUT' } });
      const copyTo = (key: string) => () => bench.copy({ key, sourceKey, headers: forbid });
      await bench.rejects(copyTo(broken), 'ERR_TRANSPORT', 'a lost answer');
      await bench.assertRequests('PUT', broken, 1);
      if (bench.traits.retries === 0) return;
      await bench.faults.add({ ...unavailable, match: { key: busy, method: 'PUT' } });
      await copyTo(busy)();
      await bench.assertRequests('PUT', busy, 2);
    },
    ['copy'],
  ),
  faultCase(
    'a lost answer of a put that must not replace an object: HEAD shows whose it is',
    async (bench) => {
      const [broken, busy] = [bench.key(), bench.key()];
      const own = { 'x-oss-meta-mark': `mark of ${broken}` };
      await bench.faults.add({ ...lost, match: { key: broken, method: 'PUT' } });
      const putting = (): Promise<unknown> => bench.put(broken, bytes, { ...forbid, ...own });
      // Sent again, by the transport or by what it stands on, it finds the object of the first time. The client then looks.
      const error = await bench.rejects(putting, ['ERR_TRANSPORT', 'ERR_SERVICE'], 'a lost answer');
      if (error.code === 'ERR_SERVICE') assertEqual(error.status, 409, 'the status');
      else assertEqual(error.retryable, true, 'whether the same request may succeed later');
      const { headers } = await bench.transport.head({ key: broken, headers: {} });
      assertEqual(headers['x-oss-meta-mark'], own['x-oss-meta-mark'], 'the metadata of what was stored');
      assertEqual(headers['content-length'], String(bytes.length), 'the size of what was stored');
      assertSameBytes(await bench.read(broken), bytes, 'what came back');
      if (bench.traits.retries === 0) return;
      await bench.faults.add({ ...unavailable, match: { key: busy, method: 'PUT' } });
      await bench.put(busy, bytes, forbid);
      await bench.assertRequests('PUT', busy, 2);
    },
  ),
  ...[...operations, finish]
    .filter(({ name }) => ['copy', 'parts.finish', 'parts.start', 'put'].includes(name))
    .map(errorInSuccessCase),
  faultCase('a callback that failed is told', async (bench) => {
    const key = bench.key();
    const match = { key, method: 'PUT' };
    await bench.faults.add({ kind: 'status', status: 203, code: 'CallbackFailed', match });
    const error = await bench.refused(() => bench.put(key, bytes), 203, 'a callback that failed');
    assertEqual(error.serviceCode, 'CallbackFailed', 'the service code');
    await bench.assertRequests('PUT', key, 1);
  }),
  renewalCase(
    'credentials that ended are renewed once, for all calls that meet it',
    async (bench, renewals) => {
      const first = bench.key();
      await bench.put(first, bytes);
      const before = renewals();
      const keys = Array.from({ length: 5 }, () => bench.key());
      for (const key of keys) await bench.faults.add({ ...ended, match: { key, method: 'PUT' } });
      await Promise.all(keys.map((key) => bench.put(key, bytes)));
      assertEqual(renewals() - before, 1, 'how often the credentials were renewed');
      for (const key of keys) await bench.assertRequests('PUT', key, 2);
    },
  ),
  renewalCase('credentials that are refused again are not renewed for ever', async (bench) => {
    const key = bench.key();
    await bench.faults.add({ ...ended, match: { key, method: 'PUT' }, times: 1000 });
    const error = await bench.refused(() => bench.put(key, bytes), 403, 'credentials that ended');
    assertEqual(error.serviceCode, 'SecurityTokenExpired', 'the service code');
    await bench.assertRequests('PUT', key, 2);
  }),
  renewalCase('chunks that have begun are not sent again under other credentials', async (bench) => {
    const key = bench.key();
    await bench.faults.add({ ...ended, match: { key, method: 'PUT' } });
    const putting = (): Promise<unknown> =>
      bench.putChunks(key, chunksOf(sampleBytes(300_000), 9000), 300_000);
    await bench.refused(putting, 403, 'credentials that ended under chunks');
    await bench.assertRequests('PUT', key, 1);
  }),
  faultCase('headers of the transport are refused by name, and nothing is sent', async (bench) => {
    const key = bench.key();
    for (const name of ownHeaders) {
      const putting = (): Promise<unknown> => bench.put(key, bytes, { [name]: 'value-of-it' });
      const error = await bench.rejects(putting, 'ERR_INVALID_ARGUMENT', `the header ${name}`);
      assert(error.message.includes(name), `the error must name the header ${name}`);
      assert(!error.message.includes('value-of-it'), 'the error must not hold the value of the header');
    }
    await bench.assertRequests('PUT', key, 0);
  }),
  faultCase('header values beyond ASCII are refused, and nothing is sent', async (bench) => {
    const key = bench.key();
    for (const value of ['报告', 'caf\u00e9', 'a\nb', 'a\u0000b']) {
      const putting = (): Promise<unknown> => bench.put(key, bytes, { 'x-oss-meta-name': value });
      await bench.rejects(putting, 'ERR_INVALID_ARGUMENT', `the header value ${JSON.stringify(value)}`);
    }
    await bench.assertRequests('PUT', key, 0);
  }),
  {
    ...faultCase('header values of other tools are read as UTF-8', async (bench) => {
      const key = bench.key();
      await bench.faults.store?.(key, bytes, { 'x-oss-meta-name': '报告.txt' });
      const head = await bench.transport.head({ key, headers: {} });
      assertEqual(head.headers['x-oss-meta-name'], '报告.txt', 'the header of HEAD');
      const got = await bench.get(key);
      await got.cancel();
      assertEqual(got.headers['x-oss-meta-name'], '报告.txt', 'the header of GET');
    }),
    unless: ({ faults }) =>
      faults?.store === undefined
        ? 'the subject gives no means to store an object past the transport'
        : undefined,
  },
];
