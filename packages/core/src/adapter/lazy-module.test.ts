import { expect, it, vi } from 'vitest';
import { lazyModule, loaded } from './lazy-module.js';

it('loads a module when it is needed first, and keeps it', async () => {
  const load = vi.fn(async () => ({ answer: 42 }));
  const module = lazyModule(load);
  expect(load).not.toHaveBeenCalled();
  const first = await module();
  expect(first.answer).toBe(42);
  expect(await module()).toBe(first);
  expect(load).toHaveBeenCalledTimes(1);
});

const notThere = () => new TypeError('Failed to fetch https://user:secret@example.com/assets/1.js');

function expectTyped(failure: { readonly message: string; readonly cause?: unknown }): void {
  expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
  expect(failure.message).toMatch(/could not be loaded.*all files of the page are served/);
  expect(failure.message).not.toContain('example.com');
  expect(failure.cause).toBeUndefined();
}

it('says what to do when a module cannot be loaded, tells nothing of its address, and loads it again', async () => {
  const load = vi
    .fn(async () => 'the module')
    .mockRejectedValueOnce(notThere())
    .mockRejectedValueOnce(notThere());
  const module = lazyModule(load);
  const failures = await Promise.all([module().catch((error) => error), module().catch((error) => error)]);
  failures.forEach(expectTyped);
  expect(await module()).toBe('the module');
  expect(await module()).toBe('the module');
  expect(load).toHaveBeenCalledTimes(3);
});

it('does the same for what is imported at once', async () => {
  const module = { answer: 42 };
  expect(await loaded(Promise.resolve(module))).toBe(module);
  expectTyped(await loaded(Promise.reject(notThere())).catch((error) => error));
});
