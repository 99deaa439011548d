import { OutOfRangeError, TransportError } from '@oss-envelope/core';
import type { BaseOptions, OssRequest, SendRequest } from '@oss-envelope/core/adapter';
import { describe, expect, it, vi } from 'vitest';
import {
  type Authorize,
  type SendingOptions,
  sendingOptionNames,
  sendingTransport,
} from './request-sender.js';

type Init = RequestInit & { readonly duplex?: string };
interface Sent {
  readonly url: string;
  readonly init: Init;
}

const authorized: Authorize = async ({ method, key, query, headers }) => ({
  url: `https://oss.example/${key}?${new URLSearchParams(query)}`,
  headers: { ...headers, authorization: `${method} signed` },
});
const get: OssRequest = {
  method: 'GET',
  key: 'a',
  query: { versionId: '1' },
  headers: { range: 'bytes=0-1' },
};
const put = (body: OssRequest['body']): OssRequest => ({
  ...get,
  method: 'PUT',
  query: {},
  headers: {},
  body,
});

/** What sends one request over a fetch that answers as it is told, what fetch was given, and the options made of it. */
function sender(
  answer: (init: Init) => Response | Promise<Response> = () => new Response('ok'),
  options: SendingOptions = {},
  authorize: Authorize = authorized,
) {
  const sent: Sent[] = [];
  let made: { send: SendRequest; others: BaseOptions } | undefined;
  const fetch = async (url: string, init: Init): Promise<Response> => {
    sent.push({ url, init });
    return answer(init);
  };
  sendingTransport(authorize, { fetch, ...options }, 'photos', (send, others) => {
    made = { send, others };
    return {} as never;
  });
  return { ...made!, sent };
}
const textOf = async (answer: Awaited<ReturnType<SendRequest>>): Promise<string> => {
  let text = '';
  for (let chunk = await answer.read(); chunk; chunk = await answer.read())
    text += new TextDecoder().decode(chunk);
  return text;
};

describe('a request', () => {
  it('is authorized, and sent as it was signed', async () => {
    const { send, sent } = sender();
    const answer = await send(get);
    expect(answer.status).toBe(200);
    expect(await textOf(answer)).toBe('ok');
    expect(await answer.read()).toBeUndefined();
    expect(sent).toEqual([
      {
        url: 'https://oss.example/a?versionId=1',
        init: {
          method: 'GET',
          headers: { 'accept-encoding': 'identity', range: 'bytes=0-1', authorization: 'GET signed' },
          body: null,
          redirect: 'manual',
          signal: expect.any(AbortSignal),
        },
      },
    ]);
  });

  it('by a URL that was signed elsewhere is not authorized', async () => {
    const authorize = vi.fn(authorized);
    const { send, sent } = sender(undefined, {}, authorize);
    await send({ ...get, url: 'https://oss.example/b?signature=1' });
    expect(authorize).not.toHaveBeenCalled();
    expect(sent[0]!.url).toBe('https://oss.example/b?signature=1');
    expect(sent[0]!.init.headers).toEqual({ 'accept-encoding': 'identity', range: 'bytes=0-1' });
  });

  it('has the length of its bytes signed', async () => {
    const authorize = vi.fn(authorized);
    const { send, sent } = sender(undefined, {}, authorize);
    await send(put({ kind: 'bytes', bytes: new Uint8Array(3) }));
    expect(authorize.mock.calls[0]![0].headers).toEqual({ 'content-length': '3' });
    expect(sent[0]!.init).toMatchObject({
      method: 'PUT',
      headers: { 'content-length': '3' },
      body: new Uint8Array(3),
      redirect: 'manual',
    });
    expect(sent[0]!.init).not.toHaveProperty('duplex');
  });

  it('of a stream follows no redirect, and its length is not signed', async () => {
    const authorize = vi.fn(authorized);
    const drain = async ({ body }: Init): Promise<Response> => {
      await new Response(body as ReadableStream).arrayBuffer();
      return new Response('ok');
    };
    for (const size of [100_000, undefined]) {
      const { send, sent } = sender(drain, {}, authorize);
      const chunks = (async function* () {
        yield new Uint8Array(100_000);
      })();
      await send(put({ kind: 'chunks', chunks, sizeBytes: size }));
      expect(authorize.mock.lastCall![0].headers).toEqual({});
      const { headers, redirect, duplex } = sent[0]!.init;
      expect([redirect, duplex]).toEqual(['error', 'half']);
      expect((headers as Record<string, string>)['content-length']).toBe(size && '100000');
    }
  });

  it('is a block where the runtime cannot stream, as it is told', async () => {
    const chunks = (async function* () {
      yield new Uint8Array(100_000);
    })();
    const { send, sent } = sender(undefined, { streamsRequests: false });
    await send(put({ kind: 'chunks', chunks, sizeBytes: 100_000 }));
    expect(sent[0]!.init.body).toBeInstanceOf(Uint8Array);
    expect(sent[0]!.init.body).toHaveLength(100_000);
    const small = sender(undefined, { streamsRequests: false, maxBufferedUploadBytes: 5 });
    const body = { kind: 'chunks', chunks, sizeBytes: 6 } as const;
    await expect(small.send(put(body))).rejects.toThrow(OutOfRangeError);
  });
});

describe('a failure', () => {
  it('of fetch is one of the network', async () => {
    const failing = sender(() => Promise.reject(new TypeError('fetch failed')));
    await expect(failing.send(get)).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  });

  it('of who authorizes is told as it is, and nothing is sent', async () => {
    const reason = new Error('no signature');
    const { send, sent } = sender(undefined, {}, () => Promise.reject(reason));
    await expect(send(get)).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });

  it('ends fetch: an abort, before or after it began', async () => {
    const reason = new Error('enough');
    const early = sender();
    await expect(early.send({ ...get, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const late = sender(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener('abort', () => reject(new Error('aborted')));
          controller.abort(reason);
        }),
    );
    await expect(late.send({ ...get, signal: controller.signal })).rejects.toBe(reason);
    expect(late.sent[0]!.init.signal!.aborted).toBe(true);
  });

  it('is a redirect that fetch hides', async () => {
    const hidden = new Response(null);
    Object.defineProperty(hidden, 'type', { value: 'opaqueredirect' });
    await expect(sender(() => hidden).send(get)).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      retryable: false,
    });
  });

  it('is an answer of success to a body that was not sent', async () => {
    const body = { kind: 'bytes', bytes: new Uint8Array(300 * 1024) } as const;
    const { send, sent } = sender();
    await expect(send(put(body))).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    expect(sent[0]!.init.signal!.aborted).toBe(true);
  });

  it('is no silence that lasts', async () => {
    const { send } = sender(() => new Promise(() => {}), { idleTimeoutMs: 5 });
    await expect(send(get)).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  });
});

describe('an answer', () => {
  it('of refusal may come before the whole body, which is then not sent on', async () => {
    const body = { kind: 'bytes', bytes: new Uint8Array(300 * 1024) } as const;
    const { send, sent } = sender(() => new Response('<Error/>', { status: 403 }));
    const answer = await send(put(body));
    expect(answer.status).toBe(403);
    expect(sent[0]!.init.signal!.aborted).toBe(false);
    expect(await textOf(answer)).toBe('<Error/>');
    expect(sent[0]!.init.signal!.aborted).toBe(true);
    expect(sent[0]!.init.signal!.reason).toBeInstanceOf(TransportError);
    // The same request would be refused again.
    expect(sent[0]!.init.signal!.reason).toMatchObject({ retryable: false });
    expect(await answer.read()).toBeUndefined();
  });

  it('that is whole ends the exchange without an abort', async () => {
    const controller = new AbortController();
    const { send, sent } = sender();
    const answer = await send({ ...get, signal: controller.signal });
    await textOf(answer);
    controller.abort();
    expect(sent[0]!.init.signal!.aborted).toBe(false);
    answer.cancel(new Error('late'));
    expect(sent[0]!.init.signal!.aborted).toBe(false);
  });

  it('that is cancelled reads no more, and its stream is let go of', async () => {
    const cancelled = vi.fn();
    const { send, sent } = sender(() => new Response(new ReadableStream({ cancel: cancelled })));
    const answer = await send(get);
    const reason = new Error('not wanted');
    answer.cancel(reason);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(sent[0]!.init.signal!.reason).toBe(reason);
    await expect(answer.read()).rejects.toBe(reason);
  });

  // Deno keeps a connection open now and then whose fetch was only aborted.
  it.each([
    ['under way', true],
    ['between two reads', false],
  ])('that is aborted has its stream let go of, %s', async (_name, isReading) => {
    const cancelled = vi.fn();
    const { send } = sender(() => new Response(new ReadableStream({ cancel: cancelled })));
    const controller = new AbortController();
    const answer = await send({ ...get, signal: controller.signal });
    const reason = new Error('enough');
    const begun = isReading ? answer.read() : undefined;
    controller.abort(reason);
    await expect(begun ?? answer.read()).rejects.toBe(reason);
    expect(cancelled).toHaveBeenCalledExactlyOnceWith(reason);
    await expect(answer.read()).rejects.toBe(reason);
  });

  it('that breaks off rejects as the network does, and then always', async () => {
    const broken = new ReadableStream({
      start: (controller) => controller.error(new TypeError('terminated')),
    });
    const answer = await sender(() => new Response(broken)).send(get);
    const failure = await answer.read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    await expect(answer.read()).rejects.toBe(failure);
  });

  it('has the remedy of who authorized, or none', async () => {
    const remedy = () => 'The clock was wrong.';
    const remedied = sender(undefined, {}, async (request, signal) => ({
      ...(await authorized(request, signal)),
      remedy,
    }));
    expect((await remedied.send(get)).remedy).toBe(remedy);
    expect(await sender().send(get)).not.toHaveProperty('remedy');
  });
});

describe('the options', () => {
  it('have defaults', () => {
    const { others } = sender();
    expect(others.bucket()).toBe('photos');
    expect(others.documentTimeoutMs).toBe(60_000);
    expect(others.retry.retries).toBe(3);
    expect(sender(undefined, { idleTimeoutMs: 7, retries: 1 }).others).toMatchObject({
      documentTimeoutMs: 7,
      retry: { retries: 1 },
    });
  });

  it.each([
    ['fetch', 7],
    ['idleTimeoutMs', 0],
    ['maxBufferedUploadBytes', -1],
    ['streamsRequests', 'yes'],
  ])('are checked: %s', (name, value) => {
    expect(() => sender(undefined, { [name]: value })).toThrow(
      expect.objectContaining({ argument: `options.${name}` }),
    );
  });

  it('are known by their names', () => {
    const all: Record<keyof SendingOptions, true> = {
      fetch: true,
      idleTimeoutMs: true,
      maxBufferedUploadBytes: true,
      random: true,
      retries: true,
      sleep: true,
      streamsRequests: true,
    };
    expect(sendingOptionNames).toEqual(Object.keys(all));
  });

  it('may be at their least', () => {
    sender(undefined, { idleTimeoutMs: 1, maxBufferedUploadBytes: 0 });
  });
});
