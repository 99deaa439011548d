import { expect, it } from 'vitest';
import { loadBullmq, loadIoredis, queueTelemetry, toldIfMissing } from './optional-packages.js';

it('says what to install where a package is missing', async () => {
  const what = ['telemetry', 'needs a package: npm install it'] as const;
  const error = await import(`no-such-package-${'x'}`).catch((reason: unknown) => reason);
  expect(toldIfMissing(error, ...what)).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'telemetry needs a package: npm install it',
  });
  const broken = new Error('it is there, and broken');
  expect(toldIfMissing(broken, ...what)).toBe(broken);
});

it('names the packages and versions that the package does', async () => {
  expect(await loadIoredis()).toHaveProperty('Redis');
  expect(await loadBullmq()).toHaveProperty('Worker');
  expect(await queueTelemetry()).toMatchObject({ tracer: expect.anything(), meter: expect.anything() });
});
