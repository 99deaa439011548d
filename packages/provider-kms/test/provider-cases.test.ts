import { startKms } from '@oss-envelope/local-cloud';
import { describe, test } from 'vitest';
import { providerCases } from './provider-cases.js';
import { providerWays } from './provider-ways.js';

describe.each(providerWays)('by $name', (way) => {
  test.each(providerCases)('$name', async ({ run }) => {
    const kms = await startKms();
    try {
      const keyId = await kms.createKey();
      await run({
        kms,
        keyId,
        way,
        make: (options, target) => way.make({ url: kms.url, ...target }, { keyId, ...options }),
      });
    } finally {
      await kms.close();
    }
  });
});
