import { expect, it } from 'vitest';
import { loadBullmq, loadIoredis, loadOptional } from './optional-packages.js';

it('says what to install where a package is missing', async () => {
  const missing = loadOptional(() => import(`no-such-package-${'x'}`));
  await expect(missing).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: expect.stringContaining('npm install bullmq@^6.7.0 ioredis@^6.0.0'),
  });
  const broken = new Error('it is there, and broken');
  await expect(loadOptional(() => Promise.reject(broken))).rejects.toBe(broken);
});

it('names the packages and versions that the package does', async () => {
  expect(await loadIoredis()).toHaveProperty('Redis');
  expect(await loadBullmq()).toHaveProperty('Worker');
});
