// What `npm run fuzz` has found stays found: each file is an input that was once handled wrongly.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generator, mutator } from './mutation.mjs';
import { isTyped, type Target, targets } from './targets.js';
import { faultOf, limits, minimised } from './trial.mjs';

const folder = new URL('found/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('each input that was found', () => {
  it.each(files)('%s', async (name) => {
    const found = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
      target: string;
      input: string;
    };
    const target = targets[found.target];
    expect(target).toBeDefined();
    const input = Buffer.from(found.input, 'base64').toString('utf16le');
    expect(await faultOf(target!, input, isTyped)).toBeUndefined();
  });
});

describe.each(Object.keys(targets))('the target %s', (name) => {
  const target = targets[name]!;
  it('takes what it is made of, and 100 changes of it', async () => {
    expect(target.seeds.length).toBeGreaterThan(0);
    for (const seed of target.seeds) expect(await faultOf(target, seed, isTyped)).toBeUndefined();
    const next = mutator(target, generator(1));
    const inputs = Array.from({ length: 100 }, next);
    for (const input of inputs)
      expect(await faultOf(target, input, isTyped), JSON.stringify(input)).toBeUndefined();
    expect(new Set(inputs).size).toBeGreaterThan(50);
    const again = mutator(target, generator(1));
    expect(Array.from({ length: 100 }, again)).toEqual(inputs);
  });
});

describe('a fault', () => {
  const of = (run: (input: string) => unknown): Target => ({ syntax: 'text', seeds: ['a'], run });
  const busy = (timeMs: number): void => {
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < timeMs * 1000);
  };
  it.each<[string, (input: string) => unknown, RegExp]>([
    ['an error of the engine', () => (undefined as never as { a: { b: 1 } }).a.b, /throws TypeError/],
    ['an error that is none', () => Promise.reject('x'), /throws/],
    [
      'an error of node:crypto',
      () => Promise.reject(Object.assign(new Error('x'), { code: 'ERR_CRYPTO_INVALID' })),
      /throws/,
    ],
    ['a long time', () => busy(limits.timeMs + 20), /takes more than/],
    [
      'a polluted prototype',
      () => {
        (Object.prototype as { polluted?: string }).polluted = 'x';
      },
      /pollutes/,
    ],
  ])('is %s', async (_, run, expected) => {
    try {
      expect(await faultOf(of(run), 'a', isTyped)).toMatch(expected);
    } finally {
      delete (Object.prototype as { polluted?: string }).polluted;
    }
  });

  it('is made as small as it goes', async () => {
    const target = of((input) => {
      if (/x.*y/s.test(input)) throw new TypeError('found');
    });
    expect(await minimised(target, `${'a'.repeat(500)}x${'b'.repeat(500)}y`, isTyped)).toBe('xy');
  });
});
