import { describe, expect, it } from 'vitest';
import {
  assertConforms,
  type ConformanceCase,
  ConformanceFailure,
  clientCases,
  providerCases,
  runCases,
  selectCases,
  transportCases,
} from '../src/index.js';
import { MemoryOss } from './memory-oss.js';
import { clientSubject, providerSubject, refusingProvider } from './sample-subjects.js';

const good: ConformanceCase<object> = { name: 'good', run: async () => 'passed' };
const bad: ConformanceCase<object> = { name: 'bad', run: () => Promise.reject(new Error('it is bad')) };
const slow: ConformanceCase<object> = { name: 'slow', run: () => new Promise(() => {}) };
const other: ConformanceCase<object> = {
  name: 'other',
  unless: () => 'no such trait',
  run: async () => 'passed',
};

describe('runCases', () => {
  it('says what passed, failed and was excluded, and prints every exclusion', async () => {
    const printed: string[] = [];
    const options = { exclude: { slow: 'it is slow' }, print: (line: string) => void printed.push(line) };
    const results = await runCases([good, bad, slow, other], {}, options);
    expect(results.passed).toEqual(['good']);
    expect(results.failed).toEqual([{ name: 'bad', error: new Error('it is bad') }]);
    expect(results.excluded).toEqual([
      { name: 'slow', reason: 'it is slow' },
      { name: 'other', reason: 'no such trait' },
    ]);
    expect(printed).toEqual(['not run: slow (it is slow)', 'not run: other (no such trait)']);
  });

  it('fails a case that takes too long', async () => {
    const { failed } = await runCases([slow], {}, { timeoutMs: 10 });
    expect(failed).toEqual([
      { name: 'slow', error: new ConformanceFailure('The case was not over after 10 ms') },
    ]);
  });

  it.each([
    ['no case is given', [], {}],
    ['no case is left', [good], { good: 'for a reason' }],
    ['an exclusion names no case', [good], { goof: 'for a reason' }],
    ['an exclusion has no reason', [good, bad], { good: ' ' }],
  ])('throws when %s', async (_, cases, exclude) => {
    const options = { exclude, print: () => {} };
    await expect(runCases(cases, {}, options)).rejects.toThrow(ConformanceFailure);
    expect(() => selectCases(cases, {}, options)).toThrow(ConformanceFailure);
  });
});

describe('assertConforms', () => {
  it('names what failed', async () => {
    await expect(assertConforms([good, bad], {})).rejects.toThrow('1 of 2 cases failed:\n- bad: it is bad');
    expect((await assertConforms([good], {})).passed).toEqual(['good']);
  });
});

describe('what a runtime cannot do', () => {
  const traits = { refusesToUnwrap: ['rsa-pkcs1'] as const };
  // `refusals.long.test.ts` has all of them.
  const textCases = clientCases.filter(({ name }) =>
    /: (text comes back as it went|what is stored is not what was put)$/.test(name),
  );

  it('must be refused, and is counted', async () => {
    const results = await assertConforms(providerCases, {
      ...providerSubject(),
      createProvider: () => refusingProvider(1),
      traits,
    });
    expect(results.refused).toContain('client-side-encryption: what is wrapped is unwrapped');
    expect(results.passed).toContain('oss-crypto: what is wrapped is unwrapped');
    const pair = { ...clientSubject(new MemoryOss(), refusingProvider), traits };
    const read = await assertConforms(textCases, pair);
    expect(read.refused).toEqual(['client-side-encryption: text comes back as it went']);
    expect(read.passed).toContain('client-side-encryption: what is stored is not what was put');
  });

  it('fails when it is refused without being declared, or declared and done', async () => {
    const undeclared = { ...providerSubject(), createProvider: () => refusingProvider(1) };
    await expect(assertConforms(providerCases, undeclared)).rejects.toThrow('what is wrapped is unwrapped');
    await expect(assertConforms(textCases, { ...clientSubject(new MemoryOss()), traits })).rejects.toThrow(
      "reading with 'rsa-pkcs1' must be refused, and succeeded",
    );
  });
});

describe('the names of the cases', () => {
  it.each([
    ['provider', providerCases],
    ['transport', transportCases],
    ['client', clientCases],
  ])('are unique: %s', (_, cases: readonly { readonly name: string }[]) => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
