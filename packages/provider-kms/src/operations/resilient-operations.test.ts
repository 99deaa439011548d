import { describe, expect, test } from 'vitest';
import type { KmsOperations } from './kms-operations.js';
import { backoffMs, resilientOperations, timerSleep } from './resilient-operations.js';

const answer = { ciphertextBlob: undefined, plaintext: 'cGxhaW4=', requestId: undefined };
const parameters = { ciphertextBlob: 'blob', encryptionContext: undefined };
const options = { timeoutMs: 1000, retries: 3, sleep: async () => {}, random: Math.random };

function operations(decrypt: KmsOperations['decrypt']): KmsOperations {
  const unused = () => Promise.reject(new Error('not asked'));
  return { generateDataKey: unused, encrypt: unused, decrypt };
}

test('the wait doubles, has a ceiling, and of it a random half is left out', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => backoffMs(attempts, 0))).toEqual([
    50, 100, 200, 400, 800, 1600, 2500, 2500,
  ]);
  expect(backoffMs(1, 0.5)).toBe(75);
  expect(backoffMs(20, 0.999999)).toBe(5000);
});

test('a client that cannot be stopped is left behind, and its late failure is nobody’s', async () => {
  let failLate = (_reason: Error): void => {};
  const stuck = operations(
    () =>
      new Promise((_resolve, reject) => {
        failLate = reject;
      }),
  );
  const once = resilientOperations(stuck, { ...options, timeoutMs: 20, retries: 0 });
  await expect(once.decrypt(parameters, undefined)).rejects.toThrow(/within 20 ms/);
  failLate(new Error('late'));
  await timerSleep(5);
});

test('the client’s signal says that the time is over', async () => {
  let seen: AbortSignal | undefined;
  const slow = operations((_parameters, { signal, timeoutMs }) => {
    seen = signal;
    expect(timeoutMs).toBe(20);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('fetch says something')));
    });
  });
  const once = resilientOperations(slow, { ...options, timeoutMs: 20, retries: 0 });
  await expect(once.decrypt(parameters, undefined)).rejects.toThrow(/within 20 ms/);
  expect(seen?.aborted).toBe(true);
});

test('each attempt has its own time', async () => {
  let attempts = 0;
  const late = operations(async () => {
    attempts += 1;
    if (attempts < 3) await timerSleep(200);
    return answer;
  });
  const thrice = resilientOperations(late, { ...options, timeoutMs: 20 });
  expect(await thrice.decrypt(parameters, undefined)).toBe(answer);
  expect(attempts).toBe(3);
});

test('no listener stays at the caller’s signal', async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...given: Parameters<typeof add>) => {
      listeners += 1;
      add(...given);
    },
    removeEventListener: (...given: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...given);
    },
  });
  let attempts = 0;
  const flaky = operations(async () => {
    attempts += 1;
    if (attempts % 2 === 1) throw new SyntaxError('garbage');
    return answer;
  });
  const subject = resilientOperations(flaky, { ...options, sleep: () => timerSleep(1, signal) });
  for (let call = 0; call < 5; call++) await subject.decrypt(parameters, signal);
  expect(attempts).toBe(10);
  expect(listeners).toBe(0);
});

describe('the platform’s timer', () => {
  test('rejects with the reason, at once and while it waits', async () => {
    const reason = new Error('enough');
    await expect(timerSleep(10_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = timerSleep(10_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
