// The attacker is a client of a web server that stores and serves objects: breaks off, goes away, sends odd content and
// odd names, and comes many times at once.
import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { EncryptedBucket, type KeyProvider } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { sealedPrefix, steal } from '../support/attacker.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const rsa = rsaProvider(await rsaPair());
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
const inParts = { multipartThresholdBytes: 0, partSizeBytes: 114_688 };

/** What would have ended the process, and what it would have printed. */
const hurts: string[] = [];
const hurt = (error: unknown): void => void hurts.push(String(error));
const events = ['uncaughtException', 'unhandledRejection', 'warning'] as const;
const servers: Server[] = [];
beforeEach(() => {
  hurts.length = 0;
  for (const event of events) process.on(event, hurt);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  // Node tells of a rejection and of a warning in the next ticks.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  for (const event of events) process.off(event, hurt);
  expect(hurts).toEqual([]);
});

/** A web server of yours. */
async function serving(listener: RequestListener): Promise<{ host: string; port: number }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  type Options = Partial<ConstructorParameters<typeof EncryptedBucket>[0]>;
  const bucketOf = (options: Options = {}): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider: rsa, format: 'sealed', ...options });

  const spent: readonly (readonly [
    string,
    () => Promise<Readable | AsyncIterable<Uint8Array> | ReadableStream>,
  ])[] = [
    [
      'a Node stream',
      async () => {
        const stream = Readable.from([Buffer.from('once')]);
        await text(stream);
        return stream;
      },
    ],
    [
      'a web stream',
      async () => {
        const { body } = new Response('once');
        await new Response(body).text();
        return body!;
      },
    ],
    [
      'a stream that was given before',
      async () => {
        const stream = Readable.from([Buffer.from('once')]);
        await bucketOf().put('other', stream);
        return stream;
      },
    ],
    [
      'a generator that was given before',
      async () => {
        const once = (async function* () {
          yield Buffer.from('once');
        })();
        await bucketOf().put('other', once);
        return once;
      },
    ],
    [
      'a stream that was destroyed',
      async () => {
        const stream = Readable.from([Buffer.from('once')]);
        stream.destroy();
        return stream;
      },
    ],
  ];
  it.each(spent)(
    'holds: %s, sent on once more, does not put an empty object over the old one',
    async (_what, make) => {
      const bucket = bucketOf();
      await bucket.put('k', 'precious');
      const content = await make();
      for (const options of [{}, inParts]) {
        await expect(bucket.put('k', content, options)).rejects.toMatchObject({
          code: 'ERR_INVALID_ARGUMENT',
        });
        expect(await (await bucket.get('k')).text()).toBe('precious');
      }
    },
  );

  it('holds: a request that breaks off is never stored as if it were whole', async () => {
    const bucket = bucketOf();
    for (const options of [{}, { sizeBytes: 300_000 }, inParts]) {
      await bucket.put('k', 'precious');
      let settled: Promise<unknown> | undefined;
      const place = await serving((incoming, response) => {
        settled = bucket.put('k', incoming, options).finally(() => response.end());
        settled.catch(() => {});
      });
      const sending = request({ ...place, method: 'PUT', headers: { 'content-length': 300_000 } });
      sending.on('error', () => {});
      sending.write(randomBytes(150_000));
      await expect.poll(() => settled !== undefined).toBe(true);
      sending.destroy();
      await expect(settled).rejects.toThrow();
      expect(await (await bucket.get('k')).text()).toBe('precious');
    }
    const uploads = world.oss.requests.of('InitiateMultipartUpload').length;
    expect(world.oss.requests.of('AbortMultipartUpload')).toHaveLength(uploads);
  });

  it('holds: text that is cut inside a character is stored unchanged', async () => {
    const whole = 'a\u{1f600}b\u{10ffff}\u00e9c';
    for (const format of formats) {
      for (const step of [1, 2, 3]) {
        const chunks = Array.from({ length: Math.ceil(whole.length / step) }, (__, index) =>
          whole.slice(index * step, (index + 1) * step),
        );
        await bucketOf({ format }).put('k', Readable.from(chunks));
        expect(await (await bucketOf({ format }).get('k')).text()).toBe(whole);
      }
    }
  });

  it('holds: content that fails while its key is made fails the call, and nothing else', async () => {
    const old = bucketOf();
    await old.put('k', 'precious');
    for (const format of formats) {
      let asked = (): void => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const wrapKey: KeyProvider['wrapKey'] = async (request) => {
        asked();
        await new Promise((resolve) => setTimeout(resolve, 10));
        return rsa.wrapKey(request);
      };
      for (const options of [{}, { sizeBytes: 8_000_000 }, inParts]) {
        const content = new PassThrough();
        const putting = bucketOf({ provider: { ...rsa, wrapKey }, format }).put('k', content, options);
        putting.catch(() => {});
        content.write('some');
        // What waits for more content asks for no key yet.
        await Promise.race([isAsked, new Promise((resolve) => setTimeout(resolve, 20))]);
        content.destroy(new Error('the client broke off'));
        await expect(putting).rejects.toThrow('the client broke off');
      }
    }
    expect(await (await old.get('k')).text()).toBe('precious');
  });

  it('holds: no key is made, and nothing is sent, for content that has failed already', async () => {
    let made = 0;
    const wrapKey: KeyProvider['wrapKey'] = (request) => {
      made++;
      return rsa.wrapKey(request);
    };
    for (const options of [{}, inParts]) {
      const content = new PassThrough();
      content.on('error', () => {});
      content.destroy(new Error('the client broke off'));
      await new Promise((resolve) => setImmediate(resolve));
      await expect(bucketOf({ provider: { ...rsa, wrapKey } }).put('k', content, options)).rejects.toThrow(
        'the client broke off',
      );
    }
    expect(made).toBe(0);
    expect(world.oss.requests.list()).toEqual([]);
  });

  it.each([
    ['that OSS refuses', 100, {}],
    ['that OSS refuses, of 5 MB', 5_000_000, {}],
    ['that OSS refuses, in parts', 300_000, inParts],
    ['with a wrong argument', 100, { metadata: { name: 'a\nb' } }],
  ])('holds: an upload %s is answered: its connection is not cut', async (_what, sizeBytes, options) => {
    world.oss.faults.add({
      kind: 'status',
      status: 403,
      code: 'AccessDenied',
      times: Number.POSITIVE_INFINITY,
    });
    const bucket = bucketOf();
    const place = await serving(async (incoming, response) => {
      const code = await bucket.put('k', incoming, options).then(
        () => 'stored',
        (error: { code: string }) => error.code,
      );
      response.statusCode = 502;
      response.end(code);
    });
    const headers = { 'content-length': sizeBytes };
    const answer = await new Promise<string>((resolve, reject) => {
      const sending = request({ ...place, method: 'PUT', headers }, (incoming) => resolve(text(incoming)));
      sending.on('error', reject);
      sending.end(Buffer.alloc(sizeBytes));
    });
    expect(answer).toMatch(/^ERR_(SERVICE|INVALID_ARGUMENT)$/);
  });

  it('holds: many clients at once under one signal are no leak, and no warning', async () => {
    const { signal } = new AbortController();
    const bucket = bucketOf();
    const content = randomBytes(16 * 114_688);
    await bucket.put('large', content, { ...inParts, concurrency: 16, signal });
    await bucket.put('large', content, { ...inParts, concurrency: 16 });
    const clients = Array.from({ length: 25 }, async (__, each) => {
      await bucket.put(`k${each}`, Readable.from([Buffer.from('x')]), { signal });
      return (await bucket.get(`k${each}`, { signal })).text();
    });
    expect(new Set(await Promise.all(clients))).toEqual(new Set(['x']));
  });

  describe('a client that goes away in the middle of a download', () => {
    /** More than what sockets on the way hold, whose buffers grow to 32 MiB and more. */
    const large = Buffer.alloc(48 * 2 ** 20);
    /** A client reads a little of what a server sends it, and goes away. @returns what came of the server's sending */
    const leaving = async (send: RequestListener) => {
      await bucketOf().put('k', large);
      const place = await serving(send);
      await new Promise<void>((resolve) => {
        const asking = request(place, (answer) => {
          answer.once('data', () => {
            asking.destroy();
            resolve();
          });
        });
        asking.on('error', () => {});
        asking.end();
      });
    };

    it('holds: releases the connection to OSS by pipeline', async () => {
      let ended: string | undefined;
      await leaving(async (_incoming, response) => {
        await pipeline((await bucketOf().get('k')).chunks(), response).catch((error: { code: string }) => {
          ended = error.code;
        });
      });
      await expect.poll(() => ended).toBe('ERR_STREAM_PREMATURE_CLOSE');
      await expect.poll(() => world.oss.activeRequests).toBe(0);
    });

    it('cannot hold: by pipe nothing tells of it, and its connection is released by a time limit alone', async () => {
      let failed: string | undefined;
      const pipe =
        (options: object): RequestListener =>
        async (_incoming, response) => {
          const readable = Readable.from((await bucketOf().get('k', options)).chunks());
          readable.on('error', (error: Error & { code: string }) => {
            failed = error.code;
          });
          readable.pipe(response);
          held = readable;
        };
      let held: Readable | undefined;
      await leaving(pipe({}));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(world.oss.activeRequests).toBe(1);
      held!.destroy();
      await expect.poll(() => world.oss.activeRequests).toBe(0);
      await leaving(pipe({ readerTimeoutMs: 100 }));
      await expect.poll(() => world.oss.activeRequests).toBe(0);
      // Who reads on after all is told, and gets no clean end.
      held!.resume();
      await expect.poll(() => failed).toBe('ERR_TRANSPORT');
    });
  });

  describe('names and values that a client chose', () => {
    const odd = [
      '","tenant":"8',
      '\\',
      '{"a":1}',
      '\u2028',
      '\u{1f600}',
      'a b',
      '%00',
      '<Key>',
      '&amp;',
      '?acl',
    ];

    it('holds: stay what they are, in keys', async () => {
      const bucket = bucketOf();
      for (const key of odd.map((name) => `in/${name}`)) {
        const taken = await bucket.put(key, key).then(
          () => true,
          (error: { code: string }) => error.code !== 'ERR_INVALID_ARGUMENT',
        );
        if (taken) expect(await (await bucket.get(key)).text()).toBe(key);
      }
      const listed: string[] = [];
      for await (const entry of bucket.list({ prefix: 'in/' }))
        if (entry.kind === 'object') listed.push(entry.key);
      expect(listed.sort()).toEqual(odd.map((name) => `in/${name}`).sort());
    });

    it('holds: stay what they are, in contexts: none adds a pair or a header', async () => {
      for (const value of odd.slice(0, 5)) {
        const context = { tenant: '7', note: value };
        await bucketOf({ context }).put('k', 'content');
        const { metadata } = await steal(world.oss, 'k');
        expect(JSON.parse(metadata[`${sealedPrefix}context`]!)).toEqual(context);
        expect(await (await bucketOf({ context }).get('k')).text()).toBe('content');
        await expect(bucketOf({ context: { tenant: '8' } }).get('k')).rejects.toMatchObject({
          code: 'ERR_OBJECT_MISMATCH',
        });
      }
    });

    it('holds: stay what they are, in descriptions of keys', async () => {
      for (const value of odd.slice(0, 3)) {
        const provider = { ...rsa, materialDescription: { key: value } };
        for (const format of formats) {
          await bucketOf({ provider, format }).put('k', 'content');
          expect(await (await bucketOf({ provider, format }).get('k')).text()).toBe('content');
          const other = { ...rsa, materialDescription: { key: `${value}.` } };
          await expect(bucketOf({ provider: other, format }).get('k')).rejects.toMatchObject({
            code: 'ERR_NO_MATCHING_KEY',
          });
        }
      }
    });

    it.each([
      ['a line end in metadata', 'k', { metadata: { note: 'a\r\nx-oss-object-acl: public-read' } }],
      ['a line end in a header', 'k', { headers: { 'cache-control': 'a\r\nx-oss-object-acl: public-read' } }],
      ['a type with a line end', 'k', { contentType: 'text/plain\r\nx-oss-object-acl: public-read' }],
      ['metadata that look like an envelope', 'k', { metadata: { 'oss-envelope-bound': 'none' } }],
      ['metadata that look like another', 'k', { metadata: { 'oss-crypto-key': 'AAAA' } }],
      ['a header that makes a copy of it', 'k', { headers: { 'x-oss-copy-source': '/bucket/other' } }],
      ['a name that leads up', '../other/k', {}],
      ['half a character as a name', '\ud800', {}],
    ])('holds: %s is refused before anything is sent', async (_what, key, options) => {
      await expect(bucketOf().put(key, 'content', options)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
      expect(world.oss.requests.list()).toEqual([]);
    });
  });
});
