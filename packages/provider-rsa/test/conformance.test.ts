import { type ProviderSubject, providerCases, selectCases } from '@oss-envelope/conformance';
import { rsaPair } from '@oss-envelope/test-kit';
import { describe, it } from 'vitest';
import { rsaPort as webPort } from '../src/port/web/rsa-port.js';
import { rsaProviderOn } from '../src/provider/rsa-provider.js';
import { ports, providerOn } from './ports.js';

const [pair, other] = [await rsaPair(), await rsaPair(1)];

describe.each(ports)('the provider on the $name port', ({ port }) => {
  const subject: ProviderSubject = {
    createProvider: () => providerOn(port, pair),
    createOtherProvider: () => providerOn(port, other),
    createWriteOnlyProvider: () => providerOn(port, { publicKey: pair.publicKey }),
    createReadOnlyProvider: () => providerOn(port, { privateKey: pair.privateKey }),
    traits: { opensAsNoise: ['rsa-pkcs1'], derivesSecret: true },
  };
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));
});

describe('the provider without PKCS#1 v1.5 decryption', () => {
  const subject: ProviderSubject = {
    createProvider: () => rsaProviderOn(webPort, pair),
    createOtherProvider: () => rsaProviderOn(webPort, other),
    traits: { refusesToUnwrap: ['rsa-pkcs1'], derivesSecret: true },
  };
  for (const { name, run } of selectCases(providerCases, subject).selected) it(name, () => run(subject));
});
