import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import { sealedLabel } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { acmeProvider } from '../src/index.js';
import { localAcmeService } from './local-acme-service.js';

const [service, otherService] = [localAcmeService(), localAcmeService()];

describe('the provider', () => {
  const subject: ProviderSubject = {
    createProvider: () => acmeProvider({ service }),
    createOtherProvider: () => acmeProvider({ service: otherService }),
    traits: { formats: ['sealed'] },
  };
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));

  // No case can see this: a service may encrypt other things under the same key, for others.
  it('binds the label of the format in both calls', async () => {
    const labels: Uint8Array[] = [];
    const provider = acmeProvider({
      service: {
        encrypt: async (key, label) => {
          labels.push(label);
          return service.encrypt(key, label, undefined);
        },
        decrypt: async (wrapped, label) => {
          labels.push(label);
          return service.decrypt(wrapped, label, undefined);
        },
      },
    });
    const { wrappedKey } = await provider.wrapKey({ format: 'sealed' });
    await provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'acme', wrappedKey });
    const ours = new TextEncoder().encode(sealedLabel);
    expect(labels).toEqual([ours, ours]);
    const other = new TextEncoder().encode('another use of the key');
    await expect(service.decrypt(wrappedKey, other, undefined)).rejects.toThrow();
  });

  it('refuses a service that is none, by name', () => {
    for (const wrong of [undefined, {}, { encrypt: service.encrypt }]) {
      expect(() => acmeProvider({ service: wrong as never })).toThrow(/options\.service must have/);
    }
  });
});
