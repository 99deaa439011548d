import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { flushed, OutputError, watchEnding } from './ending.js';

function watched() {
  const signals = new EventEmitter();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const told: string[] = [];
  const ending = watchEnding(
    { stdout, stderr, on: (name, listener) => signals.on(name, listener) },
    () => told.push('end'),
    () => told.push('hurry'),
  );
  return { signals, stdout, stderr, told, ending };
}

const failure = (code: string) => Object.assign(new Error(code), { code });

describe('what ends a command', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s stops the work, which cleans up', (name) => {
    const { signals, told, ending } = watched();
    signals.emit(name);
    expect([ending.signal.aborted, ending.outputClosed.aborted, told]).toEqual([true, false, []]);
  });

  it('a second signal leaves a little time, a third none', () => {
    const { signals, told } = watched();
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(told).toEqual(['hurry']);
    signals.emit('SIGINT');
    expect(told).toEqual(['hurry', 'end']);
  });

  it('a reader that goes away stops nothing but what only it wanted', () => {
    const { stdout, ending } = watched();
    stdout.emit('error', failure('EPIPE'));
    stdout.emit('error', failure('EPIPE'));
    expect([ending.signal.aborted, ending.outputClosed.aborted]).toEqual([false, true]);
  });

  it('a full disk stops the work, and a standard error that is gone does not', () => {
    const { stdout, stderr, ending } = watched();
    stderr.emit('error', failure('EPIPE'));
    expect(ending.signal.aborted).toBe(false);
    stdout.emit('error', failure('ENOSPC'));
    expect(ending.signal.reason).toBeInstanceOf(OutputError);
    expect((ending.signal.reason as Error).message).toContain('ENOSPC');
  });

  it('what was written is waited for, but not for ever', async () => {
    const { signals, stdout, ending } = watched();
    stdout.write(Buffer.alloc(1_000_000));
    let isFlushed = false;
    const waiting = flushed(stdout, ending).then(() => {
      isFlushed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isFlushed).toBe(false);
    signals.emit('SIGINT');
    await waiting;
  });
});
