import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectSource, SourcePage } from '../contract/object-source.js';
import { keyFileSource } from './key-file-source.js';
import { rowPosition } from './row-position.js';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder, `${count++}.txt`);
  await writeFile(path, content);
  return path;
}

const range = { lane: 0, after: '', until: undefined };

async function pages(source: ObjectSource): Promise<SourcePage[]> {
  const found: SourcePage[] = [];
  for (let cursor = ''; found.length < 1000; ) {
    const page = await source.page(range, cursor, undefined);
    found.push(page);
    if (page.isLast) return found;
    cursor = page.end as string;
  }
  throw new Error('it does not end');
}

async function keysOf(path: string, pageSize?: number): Promise<string[]> {
  return (await pages(keyFileSource(path, pageSize))).flatMap(({ items }) => items.map(({ key }) => key));
}

describe('a file of keys', () => {
  it('has one on each line, whatever the lines end with', async () => {
    const keys = ['a', ' b ', 'a', '{c}', '文/\u{1f600}', 'a,"b"'];
    for (const end of ['\n', '\r\n']) {
      expect(await keysOf(await file(keys.join(end)))).toEqual(keys);
      expect(await keysOf(await file(`\ufeff${keys.join(end + end)}${end}`))).toEqual(keys);
    }
    expect(await keysOf(await file(''))).toEqual([]);
  });

  it('may be records of an earlier run', async () => {
    const lines = [
      { key: 'a\nb', position: 'x', code: 'E' },
      { code: 'E', key: 'c' },
    ].map((line) => JSON.stringify(line));
    expect(await keysOf(await file(lines.join('\n')))).toEqual(['a\nb', 'c']);
  });

  it('says which lines name no object', async () => {
    const long = 'x'.repeat(70_000);
    const path = await file(
      Buffer.concat([
        Buffer.from('a\n{"key":\n/b\n{"other":1}\n'),
        Buffer.of(0xff, 0x0a),
        Buffer.from(`${long}\n{"key":""}\n\nz`),
      ]),
    );
    const found = await pages(keyFileSource(path, 3));
    expect(found.flatMap(({ items }) => items.map(({ key, position }) => [key, position]))).toEqual([
      ['a', rowPosition(1)],
      ['z', rowPosition(9)],
    ]);
    expect(found.flatMap(({ broken }) => broken.map(({ position }) => position))).toEqual(
      [2, 3, 4, 5, 6, 7].map(rowPosition),
    );
    const [, , , , , sixth] = found.flatMap(({ broken }) => broken.map(({ message }) => message));
    expect(sixth).toBe('Line 7 names a key that no object can have.');
  });

  it('is gone on with behind any line, and ends where a range does', async () => {
    const keys = Array.from({ length: 25 }, (_, i) => `k${i}`);
    const path = await file(keys.join('\n'));
    expect(await keysOf(path, 4)).toEqual(keys);
    const source = keyFileSource(path, 10);
    for (const start of [0, 3, 20, 25]) {
      const page = await source.page(range, start === 0 ? '' : rowPosition(start), undefined);
      expect(page.items.map(({ key }) => key)).toEqual(keys.slice(start, start + 10));
      expect(page.isLast).toBe(start >= 20);
    }
    const part = { lane: 0, after: rowPosition(2), until: rowPosition(4) };
    const page = await source.page(part, part.after, undefined);
    expect([page.items.map(({ key }) => key), page.isLast]).toEqual([['k2', 'k3'], true]);
    await source.close();
  });

  it('is cut in two by the number of its lines', async () => {
    const source = keyFileSource(await file(Array.from({ length: 9 }, (_, i) => `k${i}`).join('\n')));
    const middle = (after: number, until?: number) =>
      source.middle?.(
        { lane: 0, after: '', until: until === undefined ? undefined : rowPosition(until) },
        after === 0 ? '' : rowPosition(after),
        undefined,
      );
    expect(await middle(0)).toBe(rowPosition(4));
    expect(await middle(4)).toBe(rowPosition(6));
    expect(await middle(4, 6)).toBe(rowPosition(5));
    expect(await middle(7)).toBe(rowPosition(8));
    for (const [after, until] of [[8], [9], [4, 5], [4, 4]] as const) {
      expect(await middle(after, until)).toBeUndefined();
    }
  });

  it('is refused when it is none, or changes', async () => {
    const unusable = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'source.path' });
    for (const path of [join(folder, 'none'), folder, '/dev/null']) {
      await expect(keyFileSource(path).page(range, '', undefined)).rejects.toEqual(unusable);
    }
    const path = await file('a\nb\n');
    const source = keyFileSource(path, 1);
    await source.page(range, '', undefined);
    await appendFile(path, 'c\n');
    await expect(source.page(range, rowPosition(1), undefined)).rejects.toEqual(unusable);
    await source.close();
  });

  it('stops with the reason of an abort', async () => {
    const reason = new Error('enough');
    const source = keyFileSource(await file('a\n'));
    await expect(source.page(range, '', AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
