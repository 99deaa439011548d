import type { ClientSubject, ProviderSubject, TransportSubject } from '../src/index.js';
import type { MemoryOss } from './memory-oss.js';
import { MemoryTransport, memorySecret, type TransportFlaws } from './memory-transport.js';
import { type ProviderFlaws, toyProvider } from './toy-provider.js';

export function providerSubject(flaws: ProviderFlaws = {}): ProviderSubject {
  return {
    createProvider: () => toyProvider(1, flaws),
    createOtherProvider: () => toyProvider(2, flaws),
    createWriteOnlyProvider: () => toyProvider(1, flaws, { canUnwrap: false }),
    createReadOnlyProvider: () => toyProvider(1, flaws, { canWrap: false }),
  };
}

export function transportSubject(oss: MemoryOss, flaws: TransportFlaws = {}): TransportSubject {
  return {
    createTransport: () => new MemoryTransport(oss, flaws),
    createRenewingTransport() {
      const transport = new MemoryTransport(oss, flaws);
      return { transport, renewals: () => transport.renewals };
    },
    secrets: [memorySecret],
    traits: { retries: 2, correctsClock: true },
    faults: oss,
  };
}

export function clientSubject(oss: MemoryOss): ClientSubject {
  return {
    createTransport: () => new MemoryTransport(oss),
    createProvider: () => toyProvider(1),
    createOtherProvider: () => toyProvider(2),
    faults: oss,
  };
}
