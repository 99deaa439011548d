import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import vm from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { type Content, isTaken, openSource, releaseContent } from './source.js';
import { plaintextOf } from './source-reading.js';

const foreign = (code: string): unknown => vm.runInNewContext(code, { Blob });
const textOf = async (content: Content, sizeBytes?: number): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of plaintextOf(openSource(content, sizeBytes), undefined))
    parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts).toString();
};
async function* generator(...chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks;
}

describe('content that comes once', () => {
  const kinds: [string, () => Content][] = [
    ['a web stream', () => new Blob(['abc']).stream()],
    ['the body of a Response', () => new Response('abc').body as ReadableStream<Uint8Array>],
    ['a Node Readable', () => Readable.from(['abc'])],
    ['a PassThrough', () => new PassThrough().end('abc')],
    ['a generator', () => generator('abc')],
  ];

  it.each(kinds)('is refused the second time: %s', async (_, make) => {
    const content = make();
    expect(isTaken(content)).toBe(false);
    expect(await textOf(content)).toBe('abc');
    expect(isTaken(content)).toBe(true);
    expect(() => openSource(content, undefined)).toThrow(InvalidArgumentError);
    expect(() => openSource(content, undefined)).toThrow(/make a new stream for each try/);
  });

  it.each(kinds)('is refused when it was taken and not read: %s', (_, make) => {
    const content = make();
    openSource(content, undefined);
    expect(() => openSource(content, undefined)).toThrow(InvalidArgumentError);
  });

  it('is refused when others have read it', async () => {
    const stream = new Blob(['abc']).stream();
    await new Response(stream).text();
    expect(() => openSource(stream, undefined)).toThrow(/was read before|locked/);
    const reader = new Blob(['abc']).stream();
    const lock = reader.getReader();
    await lock.read();
    lock.releaseLock();
    expect(() => openSource(reader, undefined)).toThrow(/was read before/);
    const readable = Readable.from(['abc']);
    for await (const _ of readable);
    expect(() => openSource(readable, undefined)).toThrow(/was read before/);
    const destroyed = Readable.from(['abc']).destroy();
    expect(() => openSource(destroyed, undefined)).toThrow(/was read before/);
    // One that stays as it is at its end, which most do not.
    const ended = new PassThrough({ autoDestroy: false }).end('abc').resume();
    await once(ended, 'end');
    expect(ended.destroyed).toBe(false);
    expect(() => openSource(ended, undefined)).toThrow(/was read before/);
  });

  it('is not touched before it is read', async () => {
    let asked = 0;
    const content = {
      [Symbol.asyncIterator]() {
        asked++;
        return generator('abc');
      },
    };
    const source = openSource(content, undefined);
    await setImmediate();
    expect(asked).toBe(0);
    await plaintextOf(source, undefined)[Symbol.asyncIterator]().next();
    expect(asked).toBe(1);
  });

  it('is refused when something else is reading it', () => {
    const stream = new Blob(['abc']).stream();
    stream.getReader();
    expect(() => openSource(stream, undefined)).toThrow(/locked/);
  });

  it('is not taken by a refusal of its size', () => {
    const content = generator('abc');
    expect(() => openSource(content, -1)).toThrow(OutOfRangeError);
    expect(isTaken(content)).toBe(false);
  });
});

describe('content that comes again', () => {
  const kinds: [string, Content][] = [
    ['text', 'abc'],
    ['bytes', Buffer.from('abc')],
    ['an ArrayBuffer', Uint8Array.from(Buffer.from('abc')).buffer],
    ['a Blob', new Blob(['abc'])],
    ['a File', new File(['abc'], 'name')],
    ['{ sizeBytes, open }', { sizeBytes: 3, open: () => generator('abc') as AsyncIterable<Uint8Array> }],
    ['an iterable with new iterators', { [Symbol.asyncIterator]: () => generator('a', 'bc') }],
  ];

  it.each(kinds)('is %s', async (_, content) => {
    for (let turn = 0; turn < 3; turn++) expect(await textOf(content)).toBe('abc');
  });

  it('says so where its length is known', async () => {
    expect(openSource(new Blob(['abc']), 3)).toMatchObject({
      kind: 'chunks',
      comesAgain: true,
      sizeBytes: 3,
    });
    expect(openSource({ sizeBytes: 3, open: () => generator('abc') as never }, undefined)).toMatchObject({
      comesAgain: true,
      sizeBytes: 3,
    });
    expect(openSource(generator('abc'), 3)).toMatchObject({ comesAgain: false, sizeBytes: 3 });
    expect(openSource('abc', undefined)).toMatchObject({ kind: 'bytes', sizeBytes: 3 });
  });

  it('comes again for each reading of one source', async () => {
    const source = openSource(new Blob(['abc']), undefined);
    for (let turn = 0; turn < 2; turn++) {
      const parts: Uint8Array[] = [];
      for await (const chunk of plaintextOf(source, undefined)) parts.push(chunk);
      expect(Buffer.concat(parts).toString()).toBe('abc');
    }
  });
});

describe('what is none', () => {
  it.each([[5], [null], [undefined], [{}], [[1]], [{ sizeBytes: 1.5, open: () => [] }]])('%j', (content) => {
    expect(() => openSource(content as never, undefined)).toThrow(InvalidArgumentError);
  });

  it('a stream of numbers', async () => {
    await expect(textOf(Readable.from([1]) as never)).rejects.toThrow(InvalidArgumentError);
  });
});

describe('the size', () => {
  it.each([-1, 0.5, Number.NaN, 2 ** 53])('is not %d', (sizeBytes) => {
    expect(() => openSource(generator('abc'), sizeBytes)).toThrow(OutOfRangeError);
  });

  it.each([
    ['text', 'abc'],
    ['a Blob', new Blob(['abc'])],
    ['{ sizeBytes, open }', { sizeBytes: 3, open: () => generator('abc') as never }],
  ] as [string, Content][])('of %s must be the one that is declared', (_, content) => {
    expect(() => openSource(content, 3)).not.toThrow();
    expect(() => openSource(content, 2)).toThrow(/2 bytes were declared, and it has 3/);
  });

  it('of what comes is counted, in bytes of UTF-8', async () => {
    expect(await textOf(generator('é', 'b'), 3)).toBe('éb');
    await expect(textOf(generator('é', 'b'), 4)).rejects.toThrow(/only 3/);
    await expect(textOf(generator('é', 'b'), 2)).rejects.toThrow(/it has more/);
    await expect(textOf(generator('a', '\ud83c'), 3)).rejects.toThrow(/it has more/);
    await expect(textOf({ sizeBytes: 2, open: () => generator('abc') as never })).rejects.toThrow(
      /it has more/,
    );
  });
});

describe('text in chunks', () => {
  it.each([
    [['\ud83c', '\udf1e'], '🌞'],
    [['a\ud83c', '', '\udf1eb'], 'a🌞b'],
    [['\ud83c\udf1e', '\ud83c', '\udf1e'], '🌞🌞'],
    // Half a character alone becomes U+FFFD, as TextEncoder has it.
    [['\ud83c'], '\ufffd'],
    [['\ud83c', 'a'], '\ufffda'],
    [['\udf1e', '\ud83c'], '\ufffd\ufffd'],
    [['\ud83c', '\ud83c', '\udf1e'], '\ufffd🌞'],
    [['\ud83c', Buffer.from('x'), '\udf1e'], '\ufffdx\ufffd'],
  ])('%j is kept whole', async (chunks, text) => {
    expect(await textOf(generator(...chunks))).toBe(text);
  });
});

describe('values of another realm', () => {
  it.each([
    ['bytes', 'new Uint8Array([97, 98, 99])'],
    ['an ArrayBuffer', 'new Uint8Array([97, 98, 99]).buffer'],
    ['a Blob', "new Blob(['abc'])"],
    ['an async iterable', "(async function* () { yield 'ab'; yield new Uint8Array([99]) })()"],
  ])('are taken: %s', async (_, code) => {
    expect(await textOf(foreign(code) as Content)).toBe('abc');
  });

  it('are taken once where they come once', async () => {
    const content = foreign("(async function* () { yield 'abc' })()") as Content;
    expect(await textOf(content)).toBe('abc');
    expect(() => openSource(content, undefined)).toThrow(/was read before/);
  });
});

describe('a Node Readable', () => {
  it('that fails before it is read does not end the process, and its error is told when it is read', async () => {
    const failure = new Error('the disk is gone');
    const readable = new PassThrough();
    const source = openSource(readable, undefined);
    readable.destroy(failure);
    // Without a listener this would be an uncaught exception now.
    await setImmediate();
    await expect(plaintextOf(source, undefined)[Symbol.asyncIterator]().next()).rejects.toBe(failure);
  });

  it('is not destroyed by leaving the iteration: to release it is another step', async () => {
    const readable = new PassThrough();
    readable.write('abc');
    for await (const _ of plaintextOf(openSource(readable, undefined), undefined)) break;
    await setImmediate();
    expect(readable.destroyed).toBe(false);
    releaseContent(readable, new Error('enough'));
    expect(readable.destroyed).toBe(true);
  });

  it('of an old kind, without iterator(), is read too', async () => {
    const { on, pipe } = Readable.prototype;
    expect(await textOf(Object.assign(generator('a', 'bc'), { on, pipe }))).toBe('abc');
  });
});

describe('to release content', () => {
  const incoming = (method: string | null): PassThrough =>
    Object.assign(new PassThrough(), { httpVersion: '1.1', socket: {}, method });

  it('leaves a request that came in, whose connection is also the way of the answer', () => {
    const request = incoming('PUT');
    releaseContent(request, new Error('enough'));
    expect(request.destroyed).toBe(false);
  });

  it('destroys an answer that came in', () => {
    const answer = incoming(null);
    releaseContent(answer, new Error('enough'));
    expect(answer.destroyed).toBe(true);
  });

  it('destroys what only has a method, or only looks like a request', () => {
    const stream = Object.assign(new PassThrough(), { method: 'PUT' });
    releaseContent(stream, new Error('enough'));
    expect(stream.destroyed).toBe(true);
    const destroy = vi.fn();
    releaseContent({ httpVersion: '1.1', method: 'PUT', destroy }, new Error('enough'));
    expect(destroy).toHaveBeenCalledOnce();
  });

  it('ends a generator that was taken, and leaves one that was not', async () => {
    let ended = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1);
      } finally {
        ended++;
      }
    }
    const taken = endless();
    await plaintextOf(openSource(taken, undefined), undefined)[Symbol.asyncIterator]().next();
    releaseContent(taken, new Error('enough'));
    await setImmediate();
    expect(ended).toBe(1);
    const other = endless();
    await other.next();
    releaseContent(other, new Error('enough'));
    await setImmediate();
    expect(ended).toBe(1);
  });

  it('never throws', async () => {
    const bad = {
      next: () => {},
      [Symbol.asyncIterator]: () => ({ return: () => Promise.reject(new Error('no')) }),
    };
    const once = {
      next: () => {},
      asked: 0,
      [Symbol.asyncIterator]() {
        if (this.asked++ > 0) throw new Error('only once');
        return generator('a');
      },
    };
    for (const content of [bad, once]) {
      openSource(content as never, undefined);
      once.asked = 1;
      releaseContent(content, new Error('enough'));
    }
    for (const content of [undefined, null, 5, 'abc', new Uint8Array(1)]) releaseContent(content, undefined);
    const no = () => {
      throw new Error('no');
    };
    const hostile = new Proxy({}, { get: no, has: no });
    for (const content of [{ destroy: no }, { getReader() {} }, hostile]) releaseContent(content, undefined);
    await setImmediate();
  });
});

describe('an abort', () => {
  it('ends the wait for a chunk', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const silent = new PassThrough();
    const iterator = plaintextOf(openSource(silent, undefined), controller.signal)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('bytes whose memory is gone', () => {
  const transferred = (): Uint8Array => {
    const bytes = new Uint8Array(10);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  };

  it('are refused: they would be stored as nothing', () => {
    const bytes = transferred();
    for (const content of [bytes, bytes.buffer as ArrayBuffer]) {
      expect(() => openSource(content, undefined)).toThrow(InvalidArgumentError);
      expect(() => openSource(content, undefined)).toThrow(/transferred/);
    }
    expect(openSource(new Uint8Array(), undefined)).toMatchObject({ sizeBytes: 0 });
    expect(openSource(new ArrayBuffer(0), undefined)).toMatchObject({ sizeBytes: 0 });
  });

  it('are refused among chunks', async () => {
    await expect(textOf(generator('abc', transferred()))).rejects.toThrow(/transferred/);
    expect(await textOf(generator('abc', new Uint8Array()))).toBe('abc');
  });

  it('are refused when they go before they are taken, or while they are', async () => {
    for (const taken of [0, 1]) {
      const bytes = new Uint8Array(10);
      const iterator = plaintextOf(openSource(bytes, undefined), undefined)[Symbol.asyncIterator]();
      if (taken > 0) expect((await iterator.next()).value).toHaveLength(10);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      await expect(iterator.next()).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        argument: 'content',
      });
    }
  });
});

describe('a source that is given up', () => {
  it.each([
    ['before it is iterated', 0, 0],
    ['while it is', 1, 1],
    ['after its end', 9, 1],
  ])('ends what was opened, once: %s', async (_, steps, ends) => {
    let ended = 0;
    const content = {
      async *[Symbol.asyncIterator]() {
        try {
          yield* ['a', 'b', 'c'];
        } finally {
          ended++;
        }
      },
    };
    const source = openSource(content, undefined);
    if (source.kind === 'bytes') throw new Error('it is no stream');
    const iterator = plaintextOf(source, undefined)[Symbol.asyncIterator]();
    for (let step = 0; step < steps; step++) await iterator.next();
    source.giveUp?.();
    source.giveUp?.();
    await setImmediate();
    expect(ended).toBe(ends);
    await iterator.return?.();
    expect(ended).toBe(ends);
  });

  it('never throws, and rejects nothing', async () => {
    for (const end of [() => Promise.reject(new Error('no')), (): never => expect.fail('no')]) {
      const content = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: 'a' }) as const,
          return: end,
        }),
      };
      const source = openSource(content, undefined);
      if (source.kind === 'bytes') throw new Error('it is no stream');
      await plaintextOf(source, undefined)[Symbol.asyncIterator]().next();
      source.giveUp?.();
      await setImmediate();
    }
  });
});

it('fails with the error of a stream that has failed before, and that is heard of nowhere else', async () => {
  const failure = new Error('no such file');
  const stream = new PassThrough().destroy(failure);
  expect(() => openSource(stream, undefined)).toThrow(failure);
  // The stream tells its listeners now; without one the process would end.
  await setImmediate();
  expect(stream.listenerCount('error')).toBe(1);
  const destroyed = new PassThrough().destroy();
  expect(() => openSource(destroyed, undefined)).toThrow(InvalidArgumentError);
});

describe('what a content that can be read again gives', () => {
  const gives = (open: () => unknown): Content => ({ sizeBytes: 3, open }) as Content;
  const read = async (source: ReturnType<typeof openSource>): Promise<string> => {
    let text = '';
    for await (const chunk of plaintextOf(source, undefined)) text += Buffer.from(chunk).toString();
    return text;
  };

  it.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a promise', async () => generator('abc')],
    ['bytes', () => new Uint8Array(3)],
    ['a text', () => 'abc'],
    ['an array', () => [new Uint8Array(3)]],
    ['an object', () => ({})],
  ])('must not be %s', async (_, open) => {
    await expect(read(openSource(gives(open), undefined))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'content.open',
    });
  });

  it.each([
    ['a web stream', () => new Blob(['ab', 'c']).stream()],
    ['a Node stream', () => Readable.from([Buffer.from('ab'), Buffer.from('c')])],
    ['a generator', () => generator('abc')],
  ])('may be %s, another one each time', async (_, open) => {
    const source = openSource(gives(open), undefined);
    expect([await read(source), await read(source)]).toEqual(['abc', 'abc']);
  });

  it.each([
    ['web stream', new Blob(['abc']).stream()],
    ['Node stream', Readable.from([Buffer.from('abc')])],
    ['generator', generator('abc')],
  ])('must not be one %s for all', async (_, one) => {
    const source = openSource(
      gives(() => one),
      undefined,
    );
    expect(await read(source)).toBe('abc');
    await expect(read(source)).rejects.toThrow(/a new stream for each try/);
  });

  it.each([
    ['a web stream that something else reads', () => lockedStream()],
    ['a Node stream that is destroyed', () => Readable.from(['abc']).destroy()],
  ])('must not be %s', async (_, open) => {
    await expect(read(openSource(gives(open), undefined))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

function lockedStream(): ReadableStream {
  const stream = new Blob(['abc']).stream();
  stream.getReader();
  return stream;
}

describe('an iterable that is no generator', () => {
  const of = (iterator: unknown): Content => ({ [Symbol.asyncIterator]: () => iterator }) as Content;
  const ended = { done: true, value: undefined };

  it.each([
    ['nothing', undefined],
    ['an iterator without next', {}],
    ['an iterator that gives nothing', { next: async () => undefined }],
    ['an iterator that gives a number', { next: async () => 5 }],
  ])('is refused when it gives %s', async (_, iterator) => {
    await expect(textOf(of(iterator))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'content',
    });
  });

  it('may give its results at once, and need not have a way to end', async () => {
    const results = [{ done: false, value: 'a' }, { done: false, value: 'b' }, ended];
    expect(await textOf(of({ next: () => results.shift() }))).toBe('ab');
    const endless = { next: () => ({ done: false, value: 'a' }) };
    const misnamed = Object.assign(of(endless), { [Symbol.toStringTag]: 'AsyncGenerator' });
    for (const content of [of(endless), misnamed]) {
      for await (const _ of plaintextOf(openSource(content, undefined), undefined)) break;
    }
  });

  it('is told to end when it is left', async () => {
    let ends = 0;
    const end = (result: unknown) => ({
      next: async () => ({ done: false, value: 'a' }),
      return: async () => {
        ends++;
        return result;
      },
    });
    for (const result of [ended, undefined]) {
      for await (const _ of plaintextOf(openSource(of(end(result)), undefined), undefined)) break;
    }
    expect(ends).toBe(2);
    const again = { sizeBytes: 9, open: () => of(end(undefined)) } as Content;
    for await (const _ of plaintextOf(openSource(again, undefined), undefined)) break;
    expect(ends).toBe(3);
  });
});

describe('what a refusal names', () => {
  it('is the size, or the content', async () => {
    const invalid = (argument: string) => expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument });
    expect(() => openSource('', -1)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', argument: 'sizeBytes' }),
    );
    expect(openSource('', 0)).toMatchObject({ kind: 'bytes', sizeBytes: 0 });
    expect(openSource(generator(), 0)).toMatchObject({ kind: 'chunks', sizeBytes: 0 });
    expect(() => openSource(5 as never, undefined)).toThrow(invalid('content'));
    expect(() => openSource(lockedStream() as never, undefined)).toThrow(invalid('content'));
    expect(() => openSource({ sizeBytes: 3, open: true } as never, undefined)).toThrow(invalid('content'));
    const once = generator('a');
    openSource(once, undefined);
    expect(() => openSource(once, undefined)).toThrow(invalid('content'));
    await expect(textOf(Readable.from([1]) as never)).rejects.toThrow(invalid('content'));
  });
});

it('a web stream that is released is cancelled with the reason', async () => {
  const reasons: unknown[] = [];
  const stream = new ReadableStream({ cancel: (reason) => void reasons.push(reason) });
  releaseContent(stream, 'enough');
  await setImmediate();
  expect(reasons).toEqual(['enough']);
  releaseContent({ destroy: true }, 'enough');
});

it('a web stream that is released while it is read is cancelled with the reason, and does not end as if whole', async () => {
  const reasons: unknown[] = [];
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: (reason) => void reasons.push(reason),
  });
  const source = openSource(stream, undefined);
  const iterator = plaintextOf(source, undefined)[Symbol.asyncIterator]();
  await iterator.next();
  // To give up the source alone has no reason to tell.
  if (source.kind === 'chunks') source.giveUp?.();
  await setImmediate();
  expect(reasons).toEqual([]);
  const waiting = expect(iterator.next()).rejects.toBe('enough');
  releaseContent(stream, 'enough');
  await setImmediate();
  expect(reasons).toEqual(['enough']);
  await waiting;
});

it('chunks without bytes are passed over', async () => {
  const sizes: number[] = [];
  const content = generator('', 'a', '', new Uint8Array(), new Uint8Array(2), '\ud83c', '\udf1e');
  for await (const chunk of plaintextOf(openSource(content, undefined), undefined)) sizes.push(chunk.length);
  expect(sizes).toEqual([1, 2, 4]);
});
