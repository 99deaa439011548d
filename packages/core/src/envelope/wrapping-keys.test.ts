import { beforeEach, describe, expect, test } from 'vitest';
import { toyProvider } from '../../test/toy-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { type OpenedKeyName, OpenedWrappingKeys } from './opened-wrapping-keys.js';
import type { SealedRecipient } from './sealed-envelope.js';
import type { Time } from './shared-key.js';
import { type KeyReuse, WrappingKeyPool } from './wrapping-key-pool.js';

let nowMs = 0;
/** What waits for its time, and when that is. */
const timers = new Map<() => void, number>();
const time: Time = {
  now: () => nowMs,
  later(run, delayMs) {
    timers.set(run, nowMs + delayMs);
    return () => timers.delete(run);
  },
};
const turns = () => new Promise((resolve) => setImmediate(resolve));
async function advance(byMs: number): Promise<void> {
  await turns();
  nowMs += byMs;
  for (const [run, atMs] of timers) {
    if (atMs > nowMs) continue;
    timers.delete(run);
    run();
  }
  await turns();
}

beforeEach(() => {
  nowMs = 0;
  timers.clear();
});

const provider = toyProvider(1);
const zeros = new Uint8Array(32);

/** A pool, and all wrapping keys that were made for it. */
function subject(options?: KeyReuse) {
  const pool = new WrappingKeyPool(options, time);
  const made: Uint8Array[] = [];
  const make = async () => {
    const bytes = new Uint8Array(32).fill(made.length + 1);
    made.push(bytes);
    return { key: new SecretBytes(bytes), wrappedKey: Uint8Array.of(made.length) };
  };
  const write = (contextText?: string, of = provider) =>
    pool.use({ provider: of, contextText }, undefined, make, async ({ key, wrappedKey }) => {
      await Promise.resolve();
      expect(key.bytes[0]).toBe(wrappedKey[0]);
      return wrappedKey[0];
    });
  return { pool, made, make, write };
}

// S18.
describe('the keys of a writer', () => {
  test('one serves a thousand objects at once, and the next one has another', async () => {
    const { made, write } = subject();
    const used = await Promise.all(Array.from({ length: 1000 }, () => write()));
    expect(new Set(used)).toEqual(new Set([1]));
    expect(await write()).toBe(2);
    expect(made).toHaveLength(2);
  });

  test('are as old as they may be, and no older, timers or not', async () => {
    const { write } = subject({ maxAgeMs: 1000 });
    await write();
    nowMs = 999;
    expect(await write()).toBe(1);
    nowMs = 1000;
    expect(await write()).toBe(2);
  });

  test('are of one provider and one context', async () => {
    const { write } = subject();
    const other = toyProvider(2);
    const asked = [
      write('{"a":"1"}'),
      write('{"a":"2"}'),
      write(),
      write('{"a":"1"}'),
      write(undefined, other),
    ];
    expect(await Promise.all(asked)).toEqual([1, 2, 3, 1, 4]);
  });

  test('are never shared where one object is the most', async () => {
    const { made, write } = subject({ maxObjects: 1 });
    expect(await Promise.all([write(), write()])).toEqual([1, 2]);
    await turns();
    expect(made).toEqual([zeros, zeros]);
  });

  test('are made under the signal of the object that has one alone, and of no object that shares', async () => {
    const { signal } = new AbortController();
    for (const [maxObjects, expected] of [
      [1, signal],
      [2, undefined],
    ] as const) {
      const { pool, make } = subject({ maxObjects });
      const asked: unknown[] = [];
      const making = async (given: unknown) => {
        asked.push(given);
        return make();
      };
      await pool.use({ provider, contextText: undefined }, signal, making, async () => 0);
      expect(asked).toEqual([expected]);
    }
  });

  test('a failure is not kept, and all who waited have it', async () => {
    const { pool, make, write } = subject();
    const name = { provider, contextText: undefined };
    const failing = async () => {
      throw new Error('no key');
    };
    const attempts = Array.from({ length: 3 }, () => pool.use(name, undefined, failing, async () => 0));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(pool.use(name, undefined, failing, async () => 0)).rejects.toThrow('no key');
    expect(await pool.use(name, undefined, make, async () => 'made')).toBe('made');
    expect(await write()).toBe(1);
  });

  test('an abort ends one waiting, not the making', async () => {
    const { pool, make, write } = subject();
    const controller = new AbortController();
    let finish = (): void => {};
    const slow = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }).then(make);
    const name = { provider, contextText: undefined };
    const aborted = pool.use(name, controller.signal, slow, async () => 'aborted');
    const waiting = pool.use(name, new AbortController().signal, slow, async () => 'done');
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    finish();
    expect(await waiting).toBe('done');
    expect(await write()).toBe(1);
  });

  test('are overwritten when they were used up or are too old, and no use goes on', async () => {
    const { pool, make, made, write } = subject({ maxObjects: 2, maxAgeMs: 1000 });
    let end = (): void => {};
    const long = pool.use({ provider, contextText: undefined }, undefined, make, async () => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await write();
    await turns();
    expect(made[0]).not.toEqual(zeros);
    end();
    await long;
    await turns();
    expect(made[0]).toEqual(zeros);

    await write();
    expect(made[1]).not.toEqual(zeros);
    await advance(1000);
    expect(made[1]).toEqual(zeros);
  });

  test('wait for no time when they were used up before they were made', async () => {
    const { made, write } = subject({ maxObjects: 2 });
    expect(await Promise.all([write(), write()])).toEqual([1, 1]);
    await turns();
    expect(made).toEqual([zeros]);
    expect(timers.size).toBe(0);
  });
});

describe('the keys of a reader', () => {
  const recipient = (id: number): SealedRecipient => ({
    wrapAlgorithm: 'toy',
    wrappedKey: Uint8Array.of(id >> 8, id & 255),
    sealedDataKey: new Uint8Array(60),
    materialDescription: {},
  });
  const reading = () => {
    const keys = new OpenedWrappingKeys(time);
    const opened: Uint8Array[] = [];
    const use = (name: OpenedKeyName) =>
      keys.use(
        name,
        undefined,
        async () => {
          const bytes = new Uint8Array(32).fill(9);
          opened.push(bytes);
          return new SecretBytes(bytes);
        },
        async (key) => {
          await Promise.resolve();
          expect(key.bytes[0]).toBe(9);
        },
      );
    const read = (id: number, context = {}) => use({ provider, recipient: recipient(id), context });
    return { keys, opened, use, read };
  };

  test('are opened once for reads at the same time and later', async () => {
    const { opened, read } = reading();
    await Promise.all(Array.from({ length: 1000 }, () => read(1)));
    await read(1);
    expect(opened).toHaveLength(1);
    await read(1, { tenant: '7' });
    expect(opened).toHaveLength(2);
  });

  test('are of one kind of key, one description and one context, which do not run into each other', async () => {
    const { opened, use } = reading();
    const pair = { a: 'b' };
    const names = [
      { wrapAlgorithm: 'toy', materialDescription: pair, context: {} },
      { wrapAlgorithm: 'toy', materialDescription: {}, context: pair },
      { wrapAlgorithm: 'toy{"a":"b"}', materialDescription: {}, context: {} },
    ];
    for (const { context, ...other } of names) {
      await use({ provider, recipient: { ...recipient(1), ...other }, context });
    }
    expect(opened).toHaveLength(3);
  });

  test('are 200 at most, and what makes room is overwritten at once', async () => {
    const { opened, read } = reading();
    for (let id = 0; id < 200; id++) await read(id);
    await turns();
    expect(opened.filter((bytes) => bytes[0] === 0)).toHaveLength(0);
    expect(timers.size).toBe(200);
    for (let id = 200; id < 1000; id++) await read(id);
    await turns();
    expect(opened.filter((bytes) => bytes[0] === 0)).toHaveLength(800);
    expect(timers.size).toBe(200);
    await read(999);
    expect(opened).toHaveLength(1000);
    await read(0);
    expect(opened).toHaveLength(1001);
  });

  test('are forgotten after five minutes', async () => {
    const { opened, read } = reading();
    await read(1);
    await advance(299_999);
    await read(1);
    expect(opened).toHaveLength(1);
    await advance(1);
    expect(opened[0]).toEqual(zeros);
    await read(1);
    expect(opened).toHaveLength(2);
  });

  test('are not read with after five minutes when the timer is late', async () => {
    const { opened, read } = reading();
    await read(1);
    await turns();
    nowMs = 299_999;
    await read(1);
    expect(opened).toHaveLength(1);
    nowMs = 300_000;
    await read(1);
    expect(opened).toHaveLength(2);
    await turns();
    expect(opened[0]).toEqual(zeros);
  });

  test('one that fails after it made room leaves the next one of the same name where it is', async () => {
    const { keys, opened, read } = reading();
    const name = { provider, recipient: recipient(1000), context: {} };
    let fail = (_: Error): void => {};
    const opening = new Promise<SecretBytes>((_, reject) => {
      fail = reject;
    });
    const failing = keys.use(
      name,
      undefined,
      () => opening,
      async () => 0,
    );
    for (let id = 0; id < 200; id++) await read(id);
    await read(1000);
    fail(new Error('late'));
    await expect(failing).rejects.toThrow('late');
    await turns();
    expect(opened).toHaveLength(201);
    await read(1000);
    expect(opened).toHaveLength(201);
  });

  test('a failure is not kept', async () => {
    const { keys, read } = reading();
    const failing = async (): Promise<SecretBytes> => {
      throw new Error('no');
    };
    const name = { provider, recipient: recipient(1), context: {} };
    await expect(keys.use(name, undefined, failing, async () => 0)).rejects.toThrow('no');
    await read(1);
  });
});
