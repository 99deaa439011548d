import { startKms } from '@oss-envelope/local-cloud';
import { describe, test } from 'vitest';
import { providerCases } from './provider-cases.js';
import { providerWays } from './provider-ways.js';

for (const way of providerWays) {
  describe(`by ${way.name}`, () => {
    for (const { name, run } of providerCases) {
      test(name, async () => {
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
    }
  });
}
