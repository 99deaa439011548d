import { startKms } from '@oss-envelope/local-cloud';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { describe } from 'vitest';
import { providerCases } from './provider-cases.js';
import { providerWays } from './provider-ways.js';

const nextRow = inTurn(providerWays.length);
for (const way of providerWays) {
  describe(`by ${way.name}`, () => {
    const it = nextRow();
    for (const { name, run } of providerCases) {
      it(name, async () => {
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
