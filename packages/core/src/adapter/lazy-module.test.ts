import { expect, it, vi } from 'vitest';
import { lazyModule } from './lazy-module.js';

it('loads a module once', async () => {
  const load = vi.fn(async () => ({ answer: 42 }));
  const module = lazyModule(load);
  expect(load).not.toHaveBeenCalled();
  const [first, second] = await Promise.all([module(), module()]);
  expect(first).toBe(second);
  expect((await module()).answer).toBe(42);
  expect(load).toHaveBeenCalledTimes(1);
});

it('says what to do when a module cannot be loaded, tells nothing of its address, and loads it again', async () => {
  const load = vi
    .fn(async () => 'the module')
    .mockRejectedValueOnce(new TypeError('Failed to fetch https://user:secret@example.com/assets/1.js'));
  const module = lazyModule(load);
  const failures = await Promise.all([module().catch((error) => error), module().catch((error) => error)]);
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    expect(failure.message).toMatch(/could not be loaded.*all files of the page are served/);
    expect(failure.message).not.toContain('example.com');
    expect(failure.cause).toBeUndefined();
  }
  expect(load).toHaveBeenCalledTimes(1);
  expect(await module()).toBe('the module');
});
