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

export function clientSubject(oss: MemoryOss): ClientSubject {
  return {
    createTransport: () => new FlawedTransport(oss),
    createProvider: () => flawedProvider(1),
    createOtherProvider: () => flawedProvider(2),
    faults: oss,
    fetch: oss.fetch,
  };
}
