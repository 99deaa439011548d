import { describe, expect, it } from 'vitest';
import { clientCases, providerCases, selectCases, transportCases } from '../src/index.js';
import { MemoryOss } from './memory-oss.js';
import { clientSubject, transportSubject } from './sample-subjects.js';
import { toyProvider } from './toy-provider.js';

const quiet = { print: () => {} };

describe('a good provider', () => {
  const subject = {
    createProvider: () => toyProvider(1, {}, { bindsContext: true }),
    createOtherProvider: () => toyProvider(2, {}, { bindsContext: true }),
    createWriteOnlyProvider: () => toyProvider(1, {}, { canUnwrap: false }),
    createReadOnlyProvider: () => toyProvider(1, {}, { canWrap: false }),
    traits: { bindsContext: true },
  };
  const { selected, excluded } = selectCases(providerCases, subject, quiet);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
  it('is tried in every case', () => expect(excluded).toEqual([]));
});

describe('a good provider whose wrong keys give noise', () => {
  const subject = {
    createProvider: () => toyProvider(1, {}, { opensAsNoise: true }),
    createOtherProvider: () => toyProvider(2, {}, { opensAsNoise: true }),
    traits: { opensAsNoise: ['rsa-oaep-sha1', 'rsa-pkcs1', 'toy'] as const },
  };
  const { selected } = selectCases(providerCases, subject, quiet);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
});

describe('a good transport', () => {
  const subject = transportSubject(new MemoryOss());
  const { selected, excluded } = selectCases(transportCases, subject, quiet);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
  it('is tried in every case', () => expect(excluded).toEqual([]));
});

describe('a good pair', () => {
  const subject = clientSubject(new MemoryOss());
  const { selected, excluded } = selectCases(clientCases, subject, quiet);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
  it('is tried in every case', () => expect(excluded).toEqual([]));
});
