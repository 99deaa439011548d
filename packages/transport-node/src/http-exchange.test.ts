import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { UploadBody } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SignedRequest } from './ali-oss-signer.js';
import { HttpExchange } from './http-exchange.js';

const kibibyte = 1024;

// All is in memory: what has not come by then never will.
vi.setConfig({ testTimeout: 5_000 });

/** A server at the other end of a connection in memory: what came, and what is to be said. */
class Far {
  text = '';
  #waiting: (() => void) | undefined;
  readonly side: Duplex;

  constructor(side: Duplex) {
    this.side = side;
    side.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
      this.#waiting?.();
    });
    side.on('error', () => {});
  }

  /** Resolves when so much has come. */
  async has(isEnough: (text: string) => boolean): Promise<void> {
    while (!isEnough(this.text)) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** What comes from now on is here, and the other side does not hear of it. */
  takesNoMore(): void {
    this.side._read = () => {};
  }

  get body(): string {
    return this.text.slice(this.text.indexOf('\r\n\r\n') + 4);
  }

  answer(status: string, headers: Record<string, string>, body = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.side.write(Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`, 'latin1'));
  }
}

/** A request on a connection in memory. */
function line(
  method = 'GET',
  headers: Record<string, string> = {},
  url = 'http://photos.oss.example/a?b=c',
  keepAlive = false,
) {
  const [near, far] = duplexPair();
  Object.assign(near, {
    setTimeout: () => near,
    setKeepAlive: () => near,
    ref: () => near,
    unref: () => near,
  });
  const hosts: unknown[] = [];
  class OneAgent extends Agent {
    override createConnection = (options: object) => {
      hosts.push('host' in options && options.host);
      return near as never;
    };
  }
  const agent = new OneAgent({ keepAlive });
  const signed = { url: new URL(url), method, headers, agent } as unknown as SignedRequest;
  return { far: new Far(far), near, signed, hosts };
}
const limits = { idleTimeoutMs: 60_000 };
const turn = () => new Promise((resolve) => setImmediate(resolve));
async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each++) await turn();
}
const headOf = (text: string) => text.includes('\r\n\r\n');
async function textOf(exchange: HttpExchange): Promise<string> {
  let text = '';
  for (let bytes = await exchange.read(); bytes; bytes = await exchange.read())
    text += Buffer.from(bytes).toString('latin1');
  return text;
}
async function opened(answer: (far: Far) => void, body?: UploadBody, method = body ? 'PUT' : 'GET') {
  const { far, near, signed } = line(method, body ? { 'transfer-encoding': 'chunked' } : {});
  const opening = HttpExchange.open(signed, body, limits);
  await far.has(headOf);
  answer(far);
  return { far, near, exchange: await opening };
}
const brokenOff = { code: 'ERR_TRANSPORT', retryable: true };

describe('a request without a body', () => {
  it('goes where its URL says, and its answer is read to the end', async () => {
    const { far, exchange } = await opened((far) =>
      far.answer('206 Partial', { 'Content-Length': '5', 'X-Oss-Meta-Name': 'caf\u00c3\u00a9' }, 'hello'),
    );
    expect(far.text).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\n/);
    expect(far.text).toMatch(/\r\nHost: photos\.oss\.example\r\n/i);
    expect(exchange.status).toBe(206);
    expect(exchange.headers).toMatchObject({ 'content-length': '5', 'x-oss-meta-name': 'café' });
    expect(exchange.headers).toBe(exchange.headers);
    expect(await textOf(exchange)).toBe('hello');
    exchange.cancel(new Error('late'));
    expect(await exchange.read()).toBeUndefined();
  });

  it('has an answer whose headers are text, also those that Node gives as a list', async () => {
    const { exchange } = await opened((far) =>
      far.answer('200 OK', { 'Content-Length': '0', 'Set-Cookie': 'a=b' }),
    );
    expect(exchange.headers).toEqual({ 'content-length': '0', 'set-cookie': 'a=b' });
  });

  it('has an answer in the chunks that came, also those that nobody waited for', async () => {
    const { far, exchange } = await opened((far) => far.answer('200 OK', { 'Content-Length': '3' }, 'a'));
    expect(Buffer.from((await exchange.read())!).toString()).toBe('a');
    for (const text of ['b', 'c']) {
      far.side.write(text);
      await turns(3);
    }
    expect(await textOf(exchange)).toBe('bc');
  });

  it('has an answer that refuses it', async () => {
    const { exchange } = await opened((far) =>
      far.answer('404 Not Found', { 'Content-Length': '8' }, '<Error/>'),
    );
    expect(exchange.status).toBe(404);
    expect(await textOf(exchange)).toBe('<Error/>');
  });

  it('has an answer before the connection has taken it', async () => {
    const { far, signed } = line();
    far.takesNoMore();
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    far.answer('204 No Content', {});
    expect((await opening).status).toBe(204);
  });

  it.each(['http:', 'https:'])('goes by %s where no agent is given', async (protocol) => {
    const signed = { url: new URL(`${protocol}//127.0.0.1:1/a`), method: 'GET', headers: {} } as never;
    await expect(HttpExchange.open(signed, undefined, limits)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      message: /ECONNREFUSED/,
    });
  });

  it.each([
    ['http://photos.example:8080/a', 'photos.example:8080', 'photos.example'],
    ['http://[::1]:8080/a', '[::1]:8080', '::1'],
  ])('of %s names its host', async (url, host, connected) => {
    const { far, signed, hosts } = line('GET', {}, url);
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    expect(far.text).toMatch(new RegExp(`\\r\\nHost: ${host.replace(/[[\]]/g, '\\$&')}\\r\\n`, 'i'));
    far.answer('204 No Content', {});
    expect((await opening).status).toBe(204);
    expect(hosts).toEqual([connected]);
  });

  it('keeps the name and the password of a URL', async () => {
    for (const [url, expected] of [
      ['http://u:p@photos.example/', 'u:p'],
      ['http://u@photos.example/', 'u:'],
      ['http://:p@photos.example/', ':p'],
    ] as const) {
      const { far, signed } = line('GET', {}, url);
      const opening = HttpExchange.open(signed, undefined, limits);
      await far.has(headOf);
      expect(far.text).toContain(`Authorization: Basic ${btoa(expected)}`);
      far.answer('204 No Content', {});
      (await opening).close();
    }
  });
});

describe('a body', () => {
  const ok = (far: Far) => far.answer('200 OK', { 'Content-Length': '0' });

  it('of few bytes goes with the head', async () => {
    const { far, signed } = line('PUT', { 'content-length': '3' });
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes: Buffer.from('abc') }, limits);
    await far.has((text) => text.endsWith('abc'));
    ok(far);
    expect((await opening).status).toBe(200);
  });

  it('of 256 KiB goes at once, and nobody knows how much of it was taken', async () => {
    const size = 256 * kibibyte;
    const { far, signed } = line('PUT', { 'content-length': String(size) });
    const onSent = vi.fn();
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes: Buffer.alloc(size), onSent }, limits);
    await far.has(() => far.body.length === size);
    ok(far);
    expect((await opening).status).toBe(200);
    expect(onSent).not.toHaveBeenCalled();
  });

  it('of chunks has its answer before the connection has taken the end mark', async () => {
    const { far, signed } = line('PUT', { 'transfer-encoding': 'chunked' });
    const chunks = (async function* () {
      yield Buffer.from('ab');
      far.takesNoMore();
    })();
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: undefined }, limits);
    await far.has((text) => text.endsWith('\r\n0\r\n\r\n'));
    ok(far);
    expect((await opening).status).toBe(200);
  });

  it.each([256 * kibibyte + 1, 512 * kibibyte])(
    'of %i bytes goes in pieces, which are told',
    async (size) => {
      const { far, signed } = line('PUT', { 'content-length': String(size) });
      const told: number[] = [];
      const bytes = Buffer.alloc(size, 'x');
      const body = {
        kind: 'bytes',
        bytes,
        onSent: (sentBytes: number) => void told.push(sentBytes),
      } as const;
      const opening = HttpExchange.open(signed, body, limits);
      await far.has(() => far.body.length === size);
      ok(far);
      await opening;
      expect(told).toEqual([256 * kibibyte, size]);
    },
  );

  it('of chunks goes as they come', async () => {
    const chunks = (async function* () {
      yield Buffer.from('ab');
      yield Buffer.from('c');
    })();
    const { far, signed } = line('PUT', { 'content-length': '3' });
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 3 }, limits);
    await far.has((text) => text.endsWith('\r\n\r\nabc'));
    ok(far);
    expect((await opening).status).toBe(200);
  });

  it('whose source fails fails the call with its error, and the connection is gone', async () => {
    const failure = new Error('the disk is gone');
    const chunks = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      throw failure;
    })();
    const { near, signed } = line('PUT', { 'content-length': '3' });
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 3 }, limits);
    await expect(opening).rejects.toBe(failure);
    expect(near.destroyed).toBe(true);
  });

  it('whose source fails after an early answer fails the call all the same', async () => {
    const failure = new Error('the disk is gone');
    let fail = (): void => {};
    const chunks = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      await new Promise<never>((_resolve, reject) => {
        fail = () => reject(failure);
      });
    })();
    const { far, near, signed } = line('PUT', { 'content-length': '3' });
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 3 }, limits);
    await far.has((text) => text.endsWith('ab'));
    ok(far);
    await turns(5);
    fail();
    await expect(opening).rejects.toBe(failure);
    expect(near.destroyed).toBe(true);
  });

  it('that is no bytes fails the call, and the connection is gone', async () => {
    const { near, signed } = line('PUT', { 'content-length': '3' });
    const body = { kind: 'bytes', bytes: { length: 3 } } as never;
    await expect(HttpExchange.open(signed, body, limits)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
    await turn();
    expect(near.destroyed).toBe(true);
  });

  it('that is refused asks its source no further, and tells it', async () => {
    const left = vi.fn();
    let asked = 0;
    const { far, near, signed } = line('PUT', { 'content-length': '300' });
    const chunks = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked++;
          if (asked > 1) await new Promise(() => {});
          return { done: false as const, value: Buffer.from('ab') };
        },
        return: async () => {
          left();
          return { done: true as const, value: undefined };
        },
      }),
    };
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 300 }, limits);
    await far.has((text) => text.endsWith('ab'));
    far.answer('403 Forbidden', { 'Content-Length': '8' }, '<Error/>');
    const exchange = await opening;
    expect(exchange.status).toBe(403);
    expect(left).toHaveBeenCalledOnce();
    expect(await textOf(exchange)).toBe('<Error/>');
    expect(asked).toBe(2);
    expect(near.destroyed).toBe(true);
  });
});

describe('a body in pieces', () => {
  const bytes = Buffer.alloc(512 * kibibyte);
  const headers = { 'content-length': String(bytes.length) };

  it('does not tell of bytes that the connection has not taken', async () => {
    const { far, near, signed } = line('PUT', headers);
    far.takesNoMore();
    const onSent = vi.fn();
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes, onSent }, limits);
    await far.has(headOf);
    near.destroy();
    await expect(opening).rejects.toMatchObject(brokenOff);
    await turns(3);
    expect(onSent).not.toHaveBeenCalled();
  });

  it('is not kept when it was sent, by an exchange that still is', async () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const send = async () => {
      let bytes: Buffer | undefined = Buffer.alloc(300 * kibibyte);
      const sent = new WeakRef(bytes);
      const { far, signed } = line('PUT', { 'content-length': String(bytes.length) });
      const opening = HttpExchange.open(signed, { kind: 'bytes', bytes }, limits);
      const length = bytes.length;
      bytes = undefined;
      await far.has((text) => headOf(text) && far.body.length >= length);
      far.answer('200 OK', { 'content-length': '3' }, 'end');
      return { sent, exchange: await opening };
    };
    const { sent, exchange } = await send();
    await vi.waitFor(() => {
      gc();
      expect(sent.deref()).toBeUndefined();
    });
    expect(await textOf(exchange)).toBe('end');
  });

  it('does not tell of bytes that the connection could not take', async () => {
    const { near, signed } = line('PUT', headers);
    const broken = Object.assign(new Error('broken'), { code: 'EPIPE' });
    near._write = (chunk: Buffer, _encoding, done) => done(chunk.length > kibibyte ? broken : null);
    const onSent = vi.fn();
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes, onSent }, limits);
    await expect(opening).rejects.toMatchObject({ ...brokenOff, message: /EPIPE/ });
    await turns(3);
    expect(onSent).not.toHaveBeenCalled();
  });

  it('ends with an abort between two of them', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { near, signed } = line('PUT', headers);
    const onSent = vi.fn(() => controller.abort(reason));
    const own = { ...limits, signal: controller.signal };
    await expect(HttpExchange.open(signed, { kind: 'bytes', bytes, onSent }, own)).rejects.toBe(reason);
    expect(onSent).toHaveBeenCalledOnce();
    expect(near.destroyed).toBe(true);
  });
});

describe('what breaks off', () => {
  const endings: readonly (readonly [string, (near: Duplex, far: Far) => void])[] = [
    ['an end', (_near, far) => void far.side.end()],
    ['a close', (near) => void near.destroy()],
    ['a reset', (near) => void near.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))],
  ];

  it.each(endings)('before an answer may be tried again: %s', async (_name, end) => {
    const { far, near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    end(near, far);
    await expect(opening).rejects.toMatchObject(brokenOff);
  });

  it.each(endings)('in the middle of an answer is no end of it: %s', async (_name, end) => {
    const { far, near, exchange } = await opened((far) =>
      far.answer('200 OK', { 'Content-Length': '5' }, 'hel'),
    );
    expect(Buffer.from((await exchange.read())!).toString()).toBe('hel');
    const reading = exchange.read();
    end(near, far);
    const failure = await reading.catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...brokenOff, message: /ECONNRESET/ });
    await expect(exchange.read()).rejects.toBe(failure);
  });

  it.each(endings)('before an answer is read is no end of it: %s', async (_name, end) => {
    const { far, near, exchange } = await opened((far) =>
      far.answer('200 OK', { 'Content-Length': '5' }, 'hel'),
    );
    end(near, far);
    await turns(5);
    await expect(textOf(exchange)).rejects.toMatchObject(brokenOff);
  });

  it('is a close by the caller, though all of the answer had come', async () => {
    const { exchange } = await opened((far) => far.answer('200 OK', { 'Content-Length': '5' }, 'hello'));
    await turns(3);
    exchange.close();
    await turns(3);
    await expect(exchange.read()).rejects.toMatchObject(brokenOff);
  });

  // An end of the other side alone leaves this one open, and the body may still be taken.
  it.each(endings.slice(1))(
    'after an answer, under a body of which nothing was taken: %s',
    async (_name, end) => {
      const { far, near, signed } = line('PUT', { 'content-length': '3' });
      far.takesNoMore();
      const opening = HttpExchange.open(signed, { kind: 'bytes', bytes: Buffer.from('abc') }, limits);
      const failing = expect(opening).rejects.toMatchObject(brokenOff);
      await far.has(headOf);
      far.answer('200 OK', { 'Content-Length': '0' });
      await turns(3);
      end(near, far);
      await failing;
    },
  );

  it('is what was no HTTP, without a byte of it', async () => {
    const { far, signed } = line();
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    far.side.write('secret bytes that are no head\r\n\r\n');
    const failure = await opening.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(JSON.stringify(failure)).not.toContain('secret');
    expect(failure).not.toHaveProperty('cause.rawPacket');
  });

  it('is a silence', async () => {
    const { near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, { idleTimeoutMs: 5 });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(near.destroyed).toBe(true);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('before the call sends nothing', async () => {
    const { far, signed } = line();
    const signal = AbortSignal.abort(reason);
    await expect(HttpExchange.open(signed, undefined, { ...limits, signal })).rejects.toBe(reason);
    expect(far.text).toBe('');
  });

  it('before the answer, or in the middle of it, ends the call', async () => {
    for (const isAnswered of [false, true]) {
      const controller = new AbortController();
      const { far, near, signed } = line();
      const opening = HttpExchange.open(signed, undefined, { ...limits, signal: controller.signal });
      await far.has(headOf);
      if (isAnswered) far.answer('200 OK', { 'Content-Length': '5' });
      const waiting = isAnswered ? (await opening).read() : opening;
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(near.destroyed).toBe(true);
    }
  });

  it('after the end does nothing', async () => {
    const controller = new AbortController();
    const { far, signed } = line();
    const opening = HttpExchange.open(signed, undefined, { ...limits, signal: controller.signal });
    await far.has(headOf);
    far.answer('200 OK', { 'Content-Length': '1' }, 'a');
    const exchange = await opening;
    expect(await textOf(exchange)).toBe('a');
    controller.abort(reason);
    exchange.cancel(reason);
  });
});

describe('the time', () => {
  const own = { idleTimeoutMs: 1000 };
  const silence = { code: 'ERR_TRANSPORT', retryable: true, message: /no progress for 1000 ms/ };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('does not run while the source is asked, and runs out after the last byte', async () => {
    const { far, signed } = line('PUT', { 'content-length': '2' });
    let give = (_bytes: Uint8Array): void => {};
    const chunks = (async function* () {
      yield await new Promise<Uint8Array>((resolve) => {
        give = resolve;
      });
    })();
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 2 }, own);
    const failing = expect(opening).rejects.toMatchObject(silence);
    await turn();
    vi.advanceTimersByTime(5000);
    give(Buffer.from('ab'));
    await far.has((text) => text.endsWith('ab'));
    await turn();
    vi.advanceTimersByTime(1000);
    await failing;
  });

  it.each(['bytes', 'chunks'] as const)('of %s that the network does not take runs out', async (kind) => {
    const { far, signed } = line('PUT', { 'content-length': '1048576' });
    const bytes = Buffer.alloc(1024 * kibibyte);
    const chunks = (async function* () {
      yield bytes;
    })();
    far.side.pause();
    const body = kind === 'bytes' ? { kind, bytes } : { kind, chunks, sizeBytes: bytes.length };
    const opening = HttpExchange.open(signed, body, own);
    const failing = expect(opening).rejects.toMatchObject(silence);
    await turn();
    vi.advanceTimersByTime(999);
    await turn();
    vi.advanceTimersByTime(1);
    await failing;
  });

  it('runs while the connection is made', async () => {
    const { near, signed } = line('PUT', { 'content-length': '1' });
    Object.assign(near, { connecting: true });
    const asked = vi.fn();
    const chunks = (async function* () {
      asked();
      yield Buffer.from('a');
    })();
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 1 }, own);
    const failing = expect(opening).rejects.toMatchObject(silence);
    await turns(3);
    vi.advanceTimersByTime(1000);
    await failing;
    expect(asked).not.toHaveBeenCalled();
    expect(near.destroyed).toBe(true);
  });

  it('does not run while a source is told that no more is wanted', async () => {
    const { far, signed } = line('PUT', { 'content-length': '1048576' });
    far.takesNoMore();
    let leave = (): void => {};
    const iterator = {
      next: async () => ({ done: false as const, value: Buffer.alloc(1024 * kibibyte) }),
      return: () =>
        new Promise<IteratorResult<Uint8Array>>((resolve) => {
          leave = () => resolve({ done: true, value: undefined });
        }),
    };
    const chunks = { [Symbol.asyncIterator]: () => iterator };
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 1024 * kibibyte }, own);
    await far.has(headOf);
    far.answer('403 Forbidden', { 'Content-Length': '0' });
    await turns(3);
    vi.advanceTimersByTime(5000);
    leave();
    expect((await opening).status).toBe(403);
  });

  it('begins anew with each piece that the network takes', async () => {
    const { far, signed } = line('PUT', { 'content-length': '1048576' });
    far.side.pause();
    const taken: number[] = [];
    const bytes = Buffer.alloc(1024 * kibibyte);
    const onSent = (sentBytes: number) => {
      far.side.pause();
      taken.push(sentBytes);
    };
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes, onSent }, own);
    for (let piece = 1; piece <= 4; piece++) {
      await turn();
      vi.advanceTimersByTime(900);
      far.side.resume();
      while (taken.length < piece) await turn();
    }
    far.side.resume();
    far.answer('200 OK', { 'Content-Length': '0' });
    expect((await opening).status).toBe(200);
  });

  it('runs while an answer is read, and not between two reads', async () => {
    const { far, signed } = line();
    const opening = HttpExchange.open(signed, undefined, own);
    await far.has(headOf);
    far.answer('200 OK', { 'Content-Length': '5' });
    const exchange = await opening;
    vi.advanceTimersByTime(5000);
    const first = exchange.read();
    vi.advanceTimersByTime(999);
    far.side.write('he');
    expect(await first).toHaveLength(2);
    vi.advanceTimersByTime(5000);
    const failing = expect(exchange.read()).rejects.toMatchObject(silence);
    vi.advanceTimersByTime(1000);
    await failing;
  });

  it.each(['the end', 'a close', 'a failure'])('is over with %s', async (ending) => {
    const { far, near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, own);
    await far.has(headOf);
    expect(vi.getTimerCount()).toBe(1);
    if (ending === 'a failure') {
      near.destroy();
      await expect(opening).rejects.toMatchObject(brokenOff);
    } else {
      far.answer('200 OK', { 'Content-Length': '1' }, 'a');
      const exchange = await opening;
      if (ending === 'the end') await textOf(exchange);
      else exchange.close();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the connection', () => {
  it('has no limit of its own: that of the agent would not know who is slow', async () => {
    const { far, near, signed } = line();
    const setTimeouts: number[] = [];
    Object.assign(near, { setTimeout: (ms: number) => void setTimeouts.push(ms) });
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    expect(setTimeouts).toContain(0);
    far.answer('204 No Content', {});
    await opening;
  });

  it('is waited for before the source is asked', async () => {
    const { far, near, signed } = line('PUT', { 'content-length': '1' });
    Object.assign(near, { connecting: true });
    const asked = vi.fn();
    const chunks = (async function* () {
      asked();
      yield Buffer.from('a');
    })();
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 1 }, limits);
    await turns(3);
    expect(asked).not.toHaveBeenCalled();
    Object.assign(near, { connecting: false });
    near.emit('connect');
    await far.has((text) => text.endsWith('\r\n\r\na'));
    expect(asked).toHaveBeenCalledOnce();
    far.answer('200 OK', { 'Content-Length': '0' });
    await opening;
  });

  it('by https is one of https', async () => {
    const { far, near, signed } = line('GET', {}, 'https://photos.oss.example/a');
    class OneAgent extends HttpsAgent {
      override createConnection = () => near as never;
    }
    const opening = HttpExchange.open({ ...signed, agent: new OneAgent() } as never, undefined, limits);
    await far.has(headOf);
    expect(far.text).toMatch(/\r\nHost: photos\.oss\.example\r\n/i);
    far.answer('204 No Content', {});
    expect((await opening).status).toBe(204);
  });

  it.each([
    ['a line end', { headers: { 'x-oss-security-token': 'secret\n' } }, /"x-oss-security-token"/],
    ['a wide character', { headers: { 'user-agent': 'Ω secret' } }, /"user-agent"/],
    [
      'an agent of another scheme',
      { agent: new HttpsAgent() },
      /`agent` for http and `httpsAgent` for https/,
    ],
    [
      'what is no agent',
      { agent: 'http://user:secret@proxy' },
      /`agent` for http and `httpsAgent` for https/,
    ],
  ])(
    'is not made where node:http refuses, which is told without any value: %s',
    async (_name, part, message) => {
      const { signed } = line();
      const failure = await HttpExchange.open({ ...signed, ...part } as never, undefined, limits).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ name: 'InvalidArgumentError', argument: 'client' });
      expect(failure).not.toHaveProperty('cause');
      expect(failure).toHaveProperty('message', expect.stringMatching(message));
      expect(failure).toHaveProperty('message', expect.not.stringContaining('secret'));
    },
  );

  it('is not made where the agent fails, whose error counts', async () => {
    const { signed } = line();
    const error = new Error('of the agent');
    const agent = new Agent();
    Object.assign(agent, {
      addRequest() {
        throw error;
      },
    });
    await expect(HttpExchange.open({ ...signed, agent }, undefined, limits)).rejects.toBe(error);
  });

  it('goes back to its agent when an answer was read to its end, and is gone otherwise', async () => {
    for (const isRead of [true, false]) {
      const { far, near, signed } = line('GET', {}, undefined, true);
      const opening = HttpExchange.open(signed, undefined, limits);
      await far.has(headOf);
      far.answer('200 OK', { 'Content-Length': '5' }, 'hello');
      const exchange = await opening;
      if (isRead) await textOf(exchange);
      exchange.close();
      expect(near.destroyed).toBe(!isRead);
    }
  });
});

describe('an answer that comes early', () => {
  async function* endless() {
    yield Buffer.from('ab');
    await new Promise(() => {});
  }

  it('of 300 and more ends the sending, and one below does not', async () => {
    for (const [status, isOpen] of [
      ['300 Multiple Choices', true],
      ['299 Miscellaneous', false],
    ] as const) {
      const { far, signed } = line('PUT', { 'content-length': '300' });
      const opening = HttpExchange.open(
        signed,
        { kind: 'chunks', chunks: endless(), sizeBytes: 300 },
        limits,
      );
      const settled = vi.fn();
      opening.then(settled, () => {});
      await far.has(headOf);
      far.answer(status, { 'Content-Length': '0' });
      await turns(5);
      expect(settled).toHaveBeenCalledTimes(isOpen ? 1 : 0);
      if (isOpen) (await opening).close();
    }
  });

  it('ends the sending by a refusal at whatever moment it comes', async () => {
    for (let steps = 0; steps < 12; steps++) {
      const { far, signed } = line('PUT', { 'content-length': '300' });
      let give = (_chunk: IteratorResult<Uint8Array>): void => {};
      let asked = 0;
      const next = () => {
        asked++;
        return new Promise<IteratorResult<Uint8Array>>((resolve) => {
          give = resolve;
        });
      };
      const chunks = { [Symbol.asyncIterator]: () => ({ next }) };
      const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 300 }, limits);
      const settled = vi.fn();
      opening.then(settled, () => {});
      await turns(3);
      give({ done: false, value: Buffer.from('ab') });
      await far.has(headOf);
      await turns(3);
      expect(asked).toBe(2);
      give({ done: false, value: Buffer.from('ab') });
      for (let step = 0; step < steps; step++) await undefined;
      far.answer('403 Forbidden', { 'Content-Length': '0' });
      await turns(5);
      expect(settled).toHaveBeenCalledOnce();
      expect((await opening).status).toBe(403);
    }
  });

  it.each([
    ['at its end', (_near: Duplex, far: Far) => void far.side.destroy()],
    [
      'with an error',
      (near: Duplex) => void near.destroy(Object.assign(new Error('broken'), { code: 'EPIPE' })),
    ],
  ])('counts though the connection is closed under the body %s', async (_name, close) => {
    const { far, near, signed } = line('PUT', { 'content-length': '1048576' });
    far.side.on('data', () => far.side.pause());
    const bytes = Buffer.alloc(1024 * kibibyte);
    const opening = HttpExchange.open(signed, { kind: 'bytes', bytes }, limits);
    await far.has(headOf);
    far.answer('403 Forbidden', { 'Content-Length': '8' }, '<Error/>');
    const exchange = await opening;
    close(near, far);
    expect(exchange.status).toBe(403);
    expect(await textOf(exchange)).toBe('<Error/>');
  });

  it('waits until the connection has taken all of the body', async () => {
    const { far, signed } = line('PUT', { 'content-length': '204800' });
    far.side.on('data', () => far.side.pause());
    const body = { kind: 'bytes', bytes: Buffer.alloc(200 * kibibyte) } as const;
    const opening = HttpExchange.open(signed, body, limits);
    const settled = vi.fn();
    opening.then(settled);
    await far.has(headOf);
    far.answer('200 OK', { 'Content-Length': '0' });
    await turns(5);
    expect(settled).not.toHaveBeenCalled();
    far.side.removeAllListeners('data');
    far.side.resume();
    expect((await opening).status).toBe(200);
  });
});

describe('a source', () => {
  const sending = (chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal) => {
    const { far, near, signed } = line('PUT', { 'content-length': '300' });
    const body = { kind: 'chunks', chunks, sizeBytes: 300 } as const;
    return { far, near, opening: HttpExchange.open(signed, body, { ...limits, signal }) };
  };

  it('at its end is not told that no more is wanted', async () => {
    const left = vi.fn();
    const chunks = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: true as const, value: undefined }),
        return: async () => {
          left();
          return { done: true as const, value: undefined };
        },
      }),
    };
    const { far, signed } = line('PUT', { 'transfer-encoding': 'chunked' });
    const opening = HttpExchange.open(signed, { kind: 'chunks', chunks, sizeBytes: 0 }, limits);
    await far.has(headOf);
    far.answer('200 OK', { 'Content-Length': '0' });
    await opening;
    expect(left).not.toHaveBeenCalled();
  });

  it.each([
    ['that cannot be told', undefined],
    ['that fails when it is told', () => Promise.reject(new Error('late'))],
    [
      'that throws when it is told',
      () => {
        throw new Error('late');
      },
    ],
  ])('%s that no more is wanted does no harm', async (_name, end) => {
    let asked = 0;
    const iterator = {
      next: async () => ({ done: false as const, value: Buffer.alloc(asked++ === 0 ? 2 : 1024 * kibibyte) }),
      ...(end && { return: end }),
    };
    const { far, near, opening } = sending({ [Symbol.asyncIterator]: () => iterator });
    await far.has(headOf);
    near.destroy();
    await expect(opening).rejects.toMatchObject(brokenOff);
  });

  it.each(['an abort', 'a close'])(
    'that answers no more does not hold a call that ends with %s',
    async (ending) => {
      const controller = new AbortController();
      let asked = 0;
      const left = vi.fn(() => new Promise<never>(() => {}));
      const iterator = {
        next: async () => {
          if (asked++ > 0) await new Promise(() => {});
          return { done: false as const, value: Buffer.from('ab') };
        },
        return: left,
      };
      const { far, near, opening } = sending({ [Symbol.asyncIterator]: () => iterator }, controller.signal);
      const failing = expect(opening).rejects.toMatchObject(
        ending === 'an abort' ? { message: 'enough' } : brokenOff,
      );
      await far.has((text) => text.endsWith('ab'));
      await turns(3);
      expect(asked).toBe(2);
      if (ending === 'an abort') controller.abort(new Error('enough'));
      else near.destroy();
      await failing;
      expect(left).toHaveBeenCalledOnce();
    },
  );

  it('is left before the call fails, unless it was aborted', async () => {
    for (const isAborted of [false, true]) {
      const controller = new AbortController();
      let leave = (): void => {};
      const iterator = {
        next: async () => ({ done: false as const, value: Buffer.alloc(1024 * kibibyte) }),
        return: () =>
          new Promise<never>((_resolve, reject) => {
            leave = () => reject(new Error('late'));
          }),
      };
      const { far, near, opening } = sending({ [Symbol.asyncIterator]: () => iterator }, controller.signal);
      const settled = vi.fn();
      opening.catch(settled);
      far.side.on('data', () => far.side.pause());
      await far.has(headOf);
      if (isAborted) controller.abort(new Error('enough'));
      else near.destroy();
      await turns(5);
      expect(settled).toHaveBeenCalledTimes(isAborted ? 1 : 0);
      leave();
      await expect(opening).rejects.toThrow();
    }
  });
});

describe('an error of the network', () => {
  it.each([
    ['ECONNRESET', /ECONNRESET/],
    ['EPIPE', /EPIPE/],
    ['ERR_STREAM_DESTROYED', /closed before the exchange was complete/],
    ['ERR_STREAM_PREMATURE_CLOSE', /closed before the exchange was complete/],
  ])('%s is told as what it is', async (code, message) => {
    const { far, near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    near.destroy(Object.assign(new Error('reset'), { code }));
    await expect(opening).rejects.toMatchObject({ code: 'ERR_TRANSPORT', message });
  });

  it.each([
    ['an error without a code', new Error('reset')],
    ['a text', 'reset'],
  ])('that is %s has no known code', async (_name, error) => {
    const { far, near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, limits);
    await far.has(headOf);
    near.destroy(error as Error);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_TRANSPORT', message: /UNKNOWN/ });
  });
});

it('nobody listens to the signal of a call that is over', async () => {
  for (const ending of ['the end', 'a close', 'a failure'] as const) {
    const controller = new AbortController();
    const { signal } = controller;
    const remove = vi.spyOn(signal, 'removeEventListener');
    const { far, near, signed } = line();
    const opening = HttpExchange.open(signed, undefined, { ...limits, signal });
    await far.has(headOf);
    if (ending === 'a failure') {
      near.destroy();
      await expect(opening).rejects.toMatchObject(brokenOff);
    } else {
      far.answer('200 OK', { 'Content-Length': '1' }, 'a');
      const exchange = await opening;
      if (ending === 'the end') await textOf(exchange);
      else exchange.close();
    }
    expect(remove).toHaveBeenCalledOnce();
  }
});

it('what is cancelled rejects every read, and lets the connection go', async () => {
  const { near, exchange } = await opened((far) => far.answer('200 OK', { 'Content-Length': '5' }, 'he'));
  const reason = new Error('not wanted');
  exchange.cancel(reason);
  exchange.cancel(new Error('again'));
  await expect(exchange.read()).rejects.toBe(reason);
  expect(near.destroyed).toBe(true);
});
