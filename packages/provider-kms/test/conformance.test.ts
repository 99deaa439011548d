import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import { startKms } from '@oss-envelope/local-cloud';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, describe } from 'vitest';
import { providerWays } from './provider-ways.js';

const kms = await startKms();
const keyId = await kms.createKey({});
afterAll(() => kms.close());

const nextRow = inTurn(providerWays.length);
describe.each(providerWays)('the provider by $name', ({ make }) => {
  const it = nextRow();
  const encryptionContext = { purpose: 'conformance' };
  const subject: ProviderSubject = {
    createProvider: () => make(kms, { keyId, encryptionContext }),
    // KMS finds the key by the ciphertext; the context is what must be known.
    createOtherProvider: () => make(kms, { keyId, encryptionContext: { purpose: 'another' } }),
    createReadOnlyProvider: () => make(kms, { encryptionContext }),
    traits: { namesMasterKey: true, wrapsOwnKeysOnly: ['sealed'], bindsContext: true },
  };
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));
});
