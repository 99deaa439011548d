import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FetchedPaths, nameRulesOf } from './fetched-paths.js';

const exact = { ignoresCase: false, ignoresNormalization: false };
const loose = { ignoresCase: true, ignoresNormalization: true };

describe('paths of keys in a folder', () => {
  it('are below it, one for each key', () => {
    const paths = new FetchedPaths('/to', exact);
    expect(['a', 'A', 'b/c', 'b/d', 'caf\u00e9', 'cafe\u0301'].map((key) => paths.file(key))).toEqual([
      '/to/a',
      '/to/A',
      '/to/b/c',
      '/to/b/d',
      '/to/caf\u00e9',
      '/to/cafe\u0301',
    ]);
  });

  it.each(['', '/', '..', '../x', 'a/../../x', 'a//b', './a', 'a/.', 'a/', '/etc/x', 'a\0b'])(
    'refuses %j, which cannot be a file there',
    (key) => {
      expect(() => new FetchedPaths('/to', exact).file(key)).toThrow('cannot be a file');
    },
  );

  it.each([
    ['a', 'a/b'],
    ['a/b', 'a'],
    ['a/b/c', 'a/b'],
  ])('refuses a file and a folder of one name: %s, then %s', (first, second) => {
    const paths = new FetchedPaths('/to', exact);
    paths.file(first);
    expect(() => paths.file(second)).toThrow(`${JSON.stringify(second)} falls on the path of another key`);
  });

  it.each([
    ['a/File', 'A/fILE'],
    ['caf\u00e9', 'cafe\u0301'],
    ['Stra\u00dfe', 'STRASSE'],
    ['x', 'X/y'],
  ])('refuses what a file system takes for one name: %s, then %s', (first, second) => {
    const paths = new FetchedPaths('/to', loose);
    paths.file(first);
    expect(() => paths.file(second)).toThrow('falls on the path of another key');
  });

  it('has a folder for a marker, but not in the place of a file or outside', () => {
    const paths = new FetchedPaths('/to', exact);
    expect([paths.folder(''), paths.folder('a/'), paths.file('a/b')]).toEqual(['/to', '/to/a', '/to/a/b']);
    expect(() => paths.folder('a/b/')).toThrow('falls on the path');
    expect(() => paths.folder('../')).toThrow('cannot be a file');
  });
});

it('the rules of a file system are tried, and nothing of that is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-rules-'));
  try {
    const rules = await nameRulesOf(folder);
    if (process.platform === 'linux') expect(rules).toEqual(exact);
    expect(Object.keys(rules)).toEqual(['ignoresCase', 'ignoresNormalization']);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
