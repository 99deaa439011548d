import { AlgorithmNotSupportedError, type KeyProvider } from '@oss-envelope/core';
import type { ClientSubject, ProviderSubject, TransportSubject } from '../src/index.js';
import { flawedProvider, type ProviderFlaws } from './flawed-provider.js';
import { FlawedTransport, memorySecret, type TransportFlaws } from './flawed-transport.js';
import type { MemoryOss } from './memory-oss.js';

export function providerSubject(flaws: ProviderFlaws = {}): ProviderSubject {
  return {
    createProvider: () => flawedProvider(1, flaws),
    createOtherProvider: () => flawedProvider(2, flaws),
    createWriteOnlyProvider: () => flawedProvider(1, flaws, { canUnwrap: false }),
    createReadOnlyProvider: () => flawedProvider(1, flaws, { canWrap: false }),
  };
}

export function transportSubject(oss: MemoryOss, flaws: TransportFlaws = {}): TransportSubject {
  return {
    createTransport: () => new FlawedTransport(oss, flaws),
    createRenewingTransport() {
      const transport = new FlawedTransport(oss, flaws);
      return { transport, renewals: () => transport.renewals };
    },
    secrets: [memorySecret],
    traits: { retries: 2, correctsClock: true },
    faults: oss,
    fetch: oss.fetch,
  };
}

/** A good provider, where the runtime cannot unwrap by RSAES-PKCS1-v1_5. */
export function refusingProvider(master: number): KeyProvider {
  const provider = flawedProvider(master);
  return {
    ...provider,
    unwrapKey: (request) =>
      request.wrapAlgorithm === 'rsa-pkcs1'
        ? Promise.reject(new AlgorithmNotSupportedError('not here'))
        : provider.unwrapKey(request),
  };
}

export function clientSubject(
  oss: MemoryOss,
  provider: (master: number) => KeyProvider = flawedProvider,
): ClientSubject {
  return {
    createTransport: () => new FlawedTransport(oss),
    createProvider: () => provider(1),
    createOtherProvider: () => provider(2),
    faults: oss,
    fetch: oss.fetch,
  };
}
