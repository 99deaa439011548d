import { expect, it } from 'vitest';
import { assertConforms, clientCases } from '../src/index.js';
import { MemoryOss } from './memory-oss.js';
import { clientSubject, refusingProvider } from './sample-subjects.js';

it('a runtime that cannot unwrap an algorithm refuses it in each case of its format, and passes all others', async () => {
  const subject = {
    ...clientSubject(new MemoryOss(), refusingProvider),
    traits: { refusesToUnwrap: ['rsa-pkcs1'] as const },
  };
  const { refused, passed } = await assertConforms(clientCases, subject);
  expect(refused.length).toBeGreaterThan(5);
  expect(refused.every((name) => name.startsWith('client-side-encryption'))).toBe(true);
  expect(passed.filter((name) => name.startsWith('sealed')).length).toBeGreaterThan(20);
});
