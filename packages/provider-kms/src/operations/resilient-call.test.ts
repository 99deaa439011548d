import { ServiceError } from '@oss-envelope/core';
import { sleep } from '@oss-envelope/core/adapter';
import { expect, test } from 'vitest';
import type { CallControl, KmsAnswer, KmsCall } from './kms-operations.js';
import { resilientCall } from './resilient-call.js';

const answer = { ciphertextBlob: undefined, keyId: 'k', plaintext: 'cGxhaW4=', requestId: undefined };
const parameters = { ciphertextBlob: 'blob', encryptionContext: undefined };
const options = { timeoutMs: 1000, policy: { retries: 3, sleep: async () => {}, random: () => 0.5 } };
const atOnce = { ...options.policy, retries: 0 };

function operations(decrypt: (control: CallControl) => Promise<KmsAnswer>): KmsCall {
  return (_action, _parameters, control) => decrypt(control);
}

test('waits as the one policy says, and as long as KMS asks', async () => {
  const delaysMs: number[] = [];
  const policy = {
    ...options.policy,
    sleep: async (delayMs: number) => {
      delaysMs.push(delayMs);
    },
  };
  const throttled = { name: 'ThrottlingError', code: 'Throttling.User', statusCode: 429 };
  const failures = [{ ...throttled }, { ...throttled, retryAfter: 3210 }, { ...throttled }];
  const flaky = operations(async () => {
    const failure = failures.shift();
    if (failure) throw Object.assign(new Error('throttled'), failure);
    return answer;
  });
  expect(await resilientCall(flaky, { ...options, policy })('Decrypt', parameters, undefined)).toBe(answer);
  expect(delaysMs).toEqual([100, 3210, 400]);
});

test('a client that cannot be stopped is left behind, and its late failure does no harm', async () => {
  let failLate = (_reason: Error): void => {};
  const stuck = operations(
    () =>
      new Promise((_resolve, reject) => {
        failLate = reject;
      }),
  );
  const once = resilientCall(stuck, { ...options, timeoutMs: 20, policy: atOnce });
  await expect(once('Decrypt', parameters, undefined)).rejects.toThrow(/within 20 ms/);
  failLate(new Error('late'));
  await sleep(5);
});

test('the client’s signal says that the time is over', async () => {
  let seen: AbortSignal | undefined;
  const slow = operations(({ signal, timeoutMs }) => {
    seen = signal;
    expect(timeoutMs).toBe(20);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('fetch says something')));
    });
  });
  const once = resilientCall(slow, { ...options, timeoutMs: 20, policy: atOnce });
  await expect(once('Decrypt', parameters, undefined)).rejects.toThrow(/within 20 ms/);
  expect(seen?.aborted).toBe(true);
});

test('each attempt has its own time', async () => {
  let attempts = 0;
  const late = operations(async () => {
    attempts += 1;
    if (attempts < 3) await sleep(200);
    return answer;
  });
  const thrice = resilientCall(late, { ...options, timeoutMs: 20 });
  expect(await thrice('Decrypt', parameters, undefined)).toBe(answer);
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
  const subject = resilientCall(flaky, {
    ...options,
    policy: { ...options.policy, sleep: () => sleep(1, signal) },
  });
  for (let call = 0; call < 5; call++) await subject('Decrypt', parameters, signal);
  expect(attempts).toBe(10);
  expect(listeners).toBe(0);
});

test('what is given up says after how many attempts, and what is not does not', async () => {
  const failing = (...failures: object[]) => {
    let turn = 0;
    return operations(async () => {
      throw Object.assign(new Error('failed'), failures[Math.min(turn++, failures.length - 1)]);
    });
  };
  const outcome = (call: KmsCall, policy: typeof options.policy = options.policy) =>
    resilientCall(call, { ...options, policy })('Decrypt', parameters, undefined).catch((error) => error);
  const busy = { statusCode: 503, data: { Code: 'ServiceUnavailable' } };
  const forbidden = { statusCode: 403, data: { Code: 'Forbidden.NoPermission' } };
  const reset = { code: 'ECONNRESET' };
  const afterFour = expect.stringContaining('Given up after 4 attempts.');
  expect(await outcome(failing(busy))).toMatchObject({
    code: 'ERR_SERVICE',
    status: 503,
    message: afterFour,
  });
  expect(await outcome(failing(reset))).toMatchObject({
    code: 'ERR_TRANSPORT',
    retryable: true,
    message: afterFour,
  });
  const other = expect.not.stringContaining('Given up');
  expect(await outcome(failing(busy), atOnce)).toMatchObject({ status: 503, message: other });
  expect(await outcome(failing(busy, forbidden))).toMatchObject({ status: 403, message: other });
});

test('an abort between two attempts is its reason, whatever that is', async () => {
  const reason = new ServiceError('enough', { service: 'KMS', status: 503, retryable: true });
  const controller = new AbortController();
  let attempts = 0;
  const busy = operations(async () => {
    if (++attempts === 2) controller.abort(reason);
    throw Object.assign(new Error('busy'), { statusCode: 503 });
  });
  const calling = resilientCall(busy, options)('Decrypt', parameters, controller.signal);
  await expect(calling).rejects.toBe(reason);
  expect(attempts).toBe(2);
});
