import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import { describe, it } from 'vitest';
import { aesProvider, generateAesSecret } from '../src/index.js';

const [secret, other] = [generateAesSecret(), generateAesSecret()];

describe('the AES provider', () => {
  const subject: ProviderSubject = {
    createProvider: () => aesProvider({ secret }),
    createOtherProvider: () => aesProvider({ secret: other }),
    traits: { formats: ['sealed'] },
  };
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));
});
