import { describe, expect, it } from 'vitest';
import { clientCases, providerCases, selectCases, transportCases } from '../src/index.js';
import { flawedProvider } from './flawed-provider.js';
import { MemoryOss } from './memory-oss.js';
import { clientSubject, transportSubject } from './sample-subjects.js';

const quiet = { print: () => {} };

describe('a good provider', () => {
  const subject = {
    createProvider: () => flawedProvider(1, {}, { bindsContext: true, derivesSecret: true }),
    createOtherProvider: () => flawedProvider(2, {}, { bindsContext: true, derivesSecret: true }),
    createWriteOnlyProvider: () => flawedProvider(1, {}, { canUnwrap: false, derivesSecret: true }),
    createReadOnlyProvider: () => flawedProvider(1, {}, { canWrap: false, derivesSecret: true }),
    traits: { bindsContext: true, derivesSecret: true },
  };
  const { selected, excluded } = selectCases(providerCases, subject, quiet);
  for (const { name, run } of selected) it(name, async () => expect(await run(subject)).toBe('passed'));
  it('is tried in every case', () => expect(excluded).toEqual([]));
});

describe('a good provider whose wrong keys give noise', () => {
  const subject = {
    createProvider: () => flawedProvider(1, {}, { opensAsNoise: true }),
    createOtherProvider: () => flawedProvider(2, {}, { opensAsNoise: true }),
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
