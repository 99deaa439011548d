import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import { describe, it } from 'vitest';
import { ageProvider, generateAgeIdentity } from '../src/index.js';

const traits = { formats: ['sealed'] } as const;

async function subjectOf(kind: 'hybrid' | 'x25519'): Promise<ProviderSubject> {
  const [keys, other] = [await generateAgeIdentity({ kind }), await generateAgeIdentity({ kind })];
  const { identity: identities, recipient: recipients } = keys;
  return {
    createProvider: () => ageProvider({ identities, recipients }),
    createOtherProvider: () => ageProvider({ identities: other.identity, recipients: other.recipient }),
    createWriteOnlyProvider: () => ageProvider({ recipients }),
    createReadOnlyProvider: () => ageProvider({ identities }),
    traits: { ...traits, derivesSecret: true },
  };
}

const subjects: [string, ProviderSubject][] = [
  ['X25519', await subjectOf('x25519')],
  ['post-quantum', await subjectOf('hybrid')],
  [
    'a passphrase',
    {
      createProvider: () => ageProvider({ passphrase: 'correct horse', workFactorLog2: 10 }),
      createOtherProvider: () => ageProvider({ passphrase: 'battery staple', workFactorLog2: 10 }),
      traits,
    },
  ],
];

describe.each(subjects)('the age provider with %s', (_, subject) => {
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));
});
