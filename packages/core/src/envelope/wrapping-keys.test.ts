import { beforeEach, describe, expect, it, vi } from 'vitest';
import { toyProvider } from '../../test/toy-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import type { SealedRecipient } from './sealed-envelope.js';
import { OpenedWrappingKeys, type Time, type WrappingKey, WrappingKeyPool } from './wrapping-keys.js';

const provider = toyProvider(1);
let nowMs = 0;
/** What waits for its time, and when that is. */
const waiting = new Map<() => void, number>();
const time: Time = {
  now: () => nowMs,
  later(run, delayMs) {
    waiting.set(run, nowMs + delayMs);
    return () => waiting.delete(run);
  },
};
function fireTimers(): void {
  for (const [run, atMs] of waiting) {
    if (atMs > nowMs) continue;
    waiting.delete(run);
    run();
  }
}
const madeKey = (): WrappingKey => ({
  key: new SecretBytes(new Uint8Array(32)),
  wrappedKey: new Uint8Array(32),
});
const recipientOf = (number: number): SealedRecipient => ({
  wrapAlgorithm: 'toy',
  wrappedKey: Uint8Array.of(number >> 8, number & 255),
  sealedDataKey: new Uint8Array(60),
  materialDescription: {},
});

beforeEach(() => {
  nowMs = 0;
  waiting.clear();
});

// S18.
describe('the wrapping key of a writer', () => {
  const make = vi.fn(async () => madeKey());
  beforeEach(() => make.mockClear());

  it('is for so many objects, also when they are written at the same time', async () => {
    const pool = new WrappingKeyPool({ maxObjects: 3 }, time);
    await Promise.all(Array.from({ length: 10 }, () => pool.take(provider, undefined, make)));
    expect(make).toHaveBeenCalledTimes(4);
  });

  it('is not used beyond its age, even when no timer has fired', async () => {
    const pool = new WrappingKeyPool({ maxAgeMs: 100 }, time);
    nowMs = 50;
    await pool.take(provider, undefined, make);
    nowMs = 149;
    await pool.take(provider, undefined, make);
    expect(make).toHaveBeenCalledTimes(1);
    nowMs = 150;
    await pool.take(provider, undefined, make);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('is dropped on age without being asked for', async () => {
    const pool = new WrappingKeyPool({ maxAgeMs: 100 }, time);
    await pool.take(provider, undefined, make);
    nowMs = 100;
    fireTimers();
    nowMs = 99;
    await pool.take(provider, undefined, make);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it('is never kept when its making failed', async () => {
    const pool = new WrappingKeyPool({}, time);
    make.mockRejectedValueOnce(new Error('no'));
    await expect(pool.take(provider, undefined, make)).rejects.toThrow('no');
    await pool.take(provider, undefined, make);
    expect(make).toHaveBeenCalledTimes(2);
  });
});

// S18.
describe('the opened wrapping keys of a reader', () => {
  const open = vi.fn(async () => madeKey().key);
  beforeEach(() => open.mockClear());

  it('are opened once, and again after their age, even when no timer has fired', async () => {
    const keys = new OpenedWrappingKeys(time);
    await Promise.all([1, 1, 1].map((number) => keys.get(provider, recipientOf(number), undefined, open)));
    expect(open).toHaveBeenCalledTimes(1);
    nowMs = 300_000;
    await keys.get(provider, recipientOf(1), undefined, open);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('are bounded in number, and what is dropped is held by no timer', async () => {
    const keys = new OpenedWrappingKeys(time);
    for (let number = 0; number < 1000; number++)
      await keys.get(provider, recipientOf(number), undefined, open);
    expect(waiting.size).toBe(200);
    await keys.get(provider, recipientOf(999), undefined, open);
    expect(open).toHaveBeenCalledTimes(1000);
    await keys.get(provider, recipientOf(0), undefined, open);
    expect(open).toHaveBeenCalledTimes(1001);
    nowMs = 299_999;
    fireTimers();
    await keys.get(provider, recipientOf(999), undefined, open);
    expect(open).toHaveBeenCalledTimes(1001);
    nowMs = 300_000;
    fireTimers();
    nowMs = 0;
    await keys.get(provider, recipientOf(999), undefined, open);
    expect(open).toHaveBeenCalledTimes(1002);
  });

  it('are never kept when opening failed', async () => {
    const keys = new OpenedWrappingKeys(time);
    open.mockRejectedValueOnce(new Error('no'));
    await expect(keys.get(provider, recipientOf(1), undefined, open)).rejects.toThrow('no');
    await keys.get(provider, recipientOf(1), undefined, open);
    expect(open).toHaveBeenCalledTimes(2);
  });
});
