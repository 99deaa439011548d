import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { AnswerBody } from './answer-body.js';

const kibibyte = 1024;
/** An answer whose body comes when it is told to. */
function answer(headers: Record<string, string> = {}) {
  const socket = new Socket();
  const message = new IncomingMessage(socket);
  Object.assign(message.headers, headers);
  return { message, socket };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const bytes = (size: number) => Buffer.alloc(size, 7);

it('gives what arrives, in turn, and how it ended', async () => {
  const { message } = answer();
  const body = new AnswerBody(message);
  expect(body.take()).toBeUndefined();
  expect(body.ending).toBeUndefined();
  message.push(bytes(1));
  message.push(bytes(2));
  await turn();
  expect(body.take()).toHaveLength(1);
  expect(body.take()).toHaveLength(2);
  expect(body.take()).toBeUndefined();
  message.push(null);
  await turn();
  await turn();
  expect(body.ending).toBe('whole');
});

it('tells an error and a close from an end, and the first of them counts', async () => {
  const failed = answer().message;
  const body = new AnswerBody(failed);
  const error = new Error('reset');
  failed.emit('error', error);
  failed.emit('end');
  expect(body.ending).toEqual({ error });
  const closed = answer().message;
  const other = new AnswerBody(closed);
  closed.emit('close');
  expect(other.ending).toBe('closed');
  const destroyed = answer().message;
  destroyed.destroy();
  expect(new AnswerBody(destroyed).ending).toBe('closed');
});

describe('who waits', () => {
  it('is called when something has arrived, once', async () => {
    const { message } = answer();
    const body = new AnswerBody(message);
    const call = vi.fn();
    body.whenMore(call);
    await turn();
    expect(call).not.toHaveBeenCalled();
    message.push(bytes(1));
    await turn();
    expect(call).toHaveBeenCalledOnce();
    message.push(bytes(1));
    await turn();
    expect(call).toHaveBeenCalledOnce();
  });

  it('is called at once when something is there, or nothing will be', async () => {
    const { message } = answer();
    const body = new AnswerBody(message);
    message.push(bytes(1));
    await turn();
    const call = vi.fn();
    body.whenMore(call);
    expect(call).toHaveBeenCalledOnce();
    body.take();
    message.emit('close');
    body.whenMore(call);
    expect(call).toHaveBeenCalledTimes(2);
  });

  it('is called by an end', () => {
    const { message } = answer();
    const body = new AnswerBody(message);
    const call = vi.fn();
    body.whenMore(call);
    message.emit('end');
    expect(call).toHaveBeenCalledOnce();
  });
});

it('reads ahead 256 KiB, and on when half of them are taken', async () => {
  const { message } = answer();
  const body = new AnswerBody(message);
  for (let part = 0; part < 3; part++) message.push(bytes(64 * kibibyte));
  message.push(bytes(64 * kibibyte - 1));
  await turn();
  expect(message.isPaused()).toBe(false);
  message.push(bytes(1));
  await turn();
  expect(message.isPaused()).toBe(true);
  body.take();
  body.take();
  expect(message.isPaused()).toBe(true);
  body.take();
  expect(message.isPaused()).toBe(false);
});

describe('the listeners that free packets', () => {
  const counts = ({ socket, message }: ReturnType<typeof answer>) => [
    socket.listenerCount('data'),
    message.listenerCount('data'),
  ];

  it.each([
    ['no length', {}, [2, 2]],
    ['64 KiB', { 'content-length': '65536' }, [2, 2]],
    ['less', { 'content-length': '65535' }, [0, 1]],
  ] as const)('are there for a body of %s', (_name, headers, expected) => {
    const own = answer(headers);
    new AnswerBody(own.message);
    expect(counts(own)).toEqual(expected);
    own.message.emit('end');
    expect(counts(own)).toEqual([0, 1]);
  });

  it('are there for a socket of TLS', () => {
    const socket = new TLSSocket(new Socket());
    const before = socket.listenerCount('data');
    const message = new IncomingMessage(socket);
    new AnswerBody(message);
    expect(socket.listenerCount('data')).toBe(before + 2);
    message.emit('end');
    expect(socket.listenerCount('data')).toBe(before);
  });

  it('are not there for a socket of another kind', () => {
    class OtherSocket extends Socket {}
    const socket = new OtherSocket();
    new AnswerBody(new IncomingMessage(socket));
    expect(socket.listenerCount('data')).toBe(0);
  });
});

describe('a packet', () => {
  /** Gives a packet to a socket whose parser emits a part of the body. @returns whether it was freed */
  function isFreed(part: (packet: Uint8Array) => Uint8Array | undefined, others = 0): boolean {
    const { message, socket } = answer();
    const parse = (packet: Uint8Array) => {
      const own = part(packet);
      if (own !== undefined) message.emit('data', own);
    };
    socket.on('data', parse);
    new AnswerBody(message);
    for (let other = 0; other < others; other++) socket.on('data', () => {});
    const packet = new Uint8Array(new ArrayBuffer(64 * kibibyte));
    socket.emit('data', packet);
    return packet.length === 0;
  }

  it('is freed when its part of the body was copied', () => {
    expect(isFreed((packet) => Uint8Array.from(packet))).toBe(true);
  });

  it('is kept when the body is a part of it, when nothing was seen, or when others listen', () => {
    expect(isFreed((packet) => packet.subarray(1))).toBe(false);
    expect(isFreed(() => undefined)).toBe(false);
    expect(isFreed((packet) => Uint8Array.from(packet), 1)).toBe(false);
  });

  it('without a body is kept, whatever came before', () => {
    const { message, socket } = answer();
    let turns = 0;
    socket.on('data', (packet: Uint8Array) => {
      if (turns++ === 0) message.emit('data', Uint8Array.from(packet));
    });
    new AnswerBody(message);
    const packets = [1, 2].map(() => new Uint8Array(new ArrayBuffer(64 * kibibyte)));
    for (const packet of packets) socket.emit('data', packet);
    expect(packets.map(({ length }) => length)).toEqual([0, 64 * kibibyte]);
  });
});
