import { SecretBytes, type UnwrappedKey } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { DataKeyCache, type DataKeyCacheLimits } from './data-key-cache.js';

const wide: DataKeyCacheLimits = { maxEntries: 100, maxAgeMs: 1000, maxUses: 100 };

/** A cache over a clock that stands still and unwrappings that are counted. */
function subject(limits: Partial<DataKeyCacheLimits> = {}) {
  const clock = { nowMs: 0 };
  const cache = new DataKeyCache({ ...wide, ...limits }, () => clock.nowMs);
  const unwrapped: string[] = [];
  const get = (id: string, signal?: AbortSignal): Promise<UnwrappedKey> =>
    cache.get(id, signal, async () => {
      unwrapped.push(id);
      return {
        key: new SecretBytes(Uint8Array.of(id.charCodeAt(0))),
        start: Uint8Array.of(unwrapped.length),
      };
    });
  return { cache, clock, get, unwrapped };
}

describe('the bounds', () => {
  test('uses, one after the other and at the same time', async () => {
    const one = subject({ maxUses: 3 });
    for (let use = 0; use < 7; use++) await one.get('a');
    expect(one.unwrapped).toHaveLength(3);
    const many = subject({ maxUses: 3 });
    await Promise.all(Array.from({ length: 7 }, () => many.get('a')));
    expect(many.unwrapped).toHaveLength(3);
    const never = subject({ maxUses: 1 });
    for (let use = 0; use < 4; use++) await never.get('a');
    expect(never.unwrapped).toHaveLength(4);
  });
  test('age', async () => {
    const { clock, get, unwrapped } = subject({ maxAgeMs: 1000 });
    await get('a');
    clock.nowMs = 999;
    await get('a');
    expect(unwrapped).toHaveLength(1);
    clock.nowMs = 1000;
    await get('a');
    expect(unwrapped).toHaveLength(2);
  });
  test('entries: the one used longest ago makes room', async () => {
    const { get, unwrapped } = subject({ maxEntries: 2 });
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await get(id);
    expect(unwrapped).toEqual(['a', 'b', 'c', 'b']);
  });
});

test('what is no longer kept is overwritten, and nothing that was handed out', async () => {
  const clock = { nowMs: 0 };
  const cache = new DataKeyCache({ maxEntries: 1, maxAgeMs: 1000, maxUses: 2 }, () => clock.nowMs);
  const originals: Uint8Array[] = [];
  const get = (id: string) =>
    cache.get(id, undefined, async () => {
      originals.push(new Uint8Array(32).fill(7));
      return { key: new SecretBytes(originals.at(-1)!), start: undefined };
    });
  const handedOut = await Promise.all([get('a'), get('a'), get('b'), get('c')]);
  handedOut.push(await get('c'));
  clock.nowMs = 1000;
  handedOut.push(await get('d'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(originals.map((bytes) => bytes[0])).toEqual([0, 0, 0, 0]);
  expect(handedOut.map(({ key }) => key.bytes[0])).toEqual([7, 7, 7, 7, 7, 7]);
});

test('each caller has bytes of its own', async () => {
  const { get } = subject();
  const [first, second] = await Promise.all([get('a'), get('a')]);
  first.key.bytes.fill(0);
  first.start?.fill(0);
  const third = await get('a');
  for (const { key, start } of [second, third]) {
    expect(key.bytes).toEqual(Uint8Array.of(97));
    expect(start).toEqual(Uint8Array.of(1));
  }
  third.key.bytes.fill(0);
  expect((await get('a')).key.bytes).toEqual(Uint8Array.of(97));
});

test('failures are shared by those who wait, and not kept', async () => {
  const { cache, get, unwrapped } = subject();
  let asked = 0;
  const fail = () =>
    cache.get('a', undefined, async () => {
      asked += 1;
      throw new Error('refused');
    });
  const settled = await Promise.allSettled([fail(), fail(), fail()]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked).toBe(1);
  await get('a');
  expect(unwrapped).toEqual(['a']);
});

test('one who asks again as soon as a failure is known does not get it', async () => {
  const { cache, get, unwrapped } = subject();
  const failure = Promise.reject(new Error('refused'));
  const first = cache.get('a', undefined, () => failure);
  // Hears of it before the one who waits.
  const second = failure.catch(() => get('a'));
  await expect(first).rejects.toThrow('refused');
  expect((await second)?.key.bytes).toEqual(Uint8Array.of(97));
  expect(unwrapped).toEqual(['a']);
});

test('a key that comes when nobody waits for it any more is the one used last', async () => {
  const { cache, get, unwrapped } = subject({ maxEntries: 2 });
  let come = (_key: UnwrappedKey): void => {};
  const late = new Promise<UnwrappedKey>((resolve) => {
    come = resolve;
  });
  const controller = new AbortController();
  const given = cache.get('a', controller.signal, () => late);
  controller.abort();
  await expect(given).rejects.toThrow();
  await get('a');
  await get('b');
  come({ key: new SecretBytes(Uint8Array.of(7)), start: undefined });
  await new Promise((resolve) => setImmediate(resolve));
  await get('c');
  expect((await get('a')).key.bytes).toEqual(Uint8Array.of(7));
  expect(unwrapped).toEqual(['a', 'b', 'c']);
});

test('one who gives up does not take the key from the others; when all do, the unwrapping stops', async () => {
  const { cache, get, unwrapped } = subject();
  const signals: AbortSignal[] = [];
  const releases: (() => void)[] = [];
  const slow = (signal?: AbortSignal) =>
    cache.get('a', signal, (shared) => {
      signals.push(shared);
      return new Promise((resolve, reject) => {
        releases.push(() => resolve({ key: new SecretBytes(Uint8Array.of(1)), start: Uint8Array.of(2) }));
        shared.addEventListener('abort', () => reject(new Error('stopped')));
      });
    });
  const reason = new Error('enough');
  const impatient = new AbortController();
  const patient = new AbortController();
  const [given, kept] = [slow(impatient.signal), slow(patient.signal)];
  impatient.abort(reason);
  await expect(given).rejects.toBe(reason);
  expect(signals[0]!.aborted).toBe(false);
  patient.abort(reason);
  await expect(kept).rejects.toBe(reason);
  expect(signals[0]!.aborted).toBe(true);
  const next = slow();
  releases[1]!();
  expect((await next).start).toEqual(Uint8Array.of(2));
  await expect(
    cache.get('a', AbortSignal.abort(reason), async () => {
      throw new Error('asked');
    }),
  ).rejects.toBe(reason);
  await get('a');
  expect(unwrapped).toEqual([]);
});

test('an unwrapping that ends does not forget the one that took its place', async () => {
  const cache = new DataKeyCache({ ...wide, maxUses: 2 }, () => 0);
  const ends: (() => void)[] = [];
  const get = () =>
    cache.get('a', undefined, async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return { key: new SecretBytes(Uint8Array.of(1)), start: undefined };
    });
  const first = [get(), get()];
  const second = get();
  expect(ends).toHaveLength(2);
  ends[0]!();
  await Promise.all(first);
  const last = get();
  expect(ends).toHaveLength(2);
  ends[1]!();
  await Promise.all([second, last]);
});
