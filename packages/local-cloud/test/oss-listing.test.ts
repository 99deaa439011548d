import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startOss } from '../src/index.js';
import { orderedEntries, pageKeys } from '../src/oss/operations/list-parameters.js';
import { type Entrance, KeyIndex } from '../src/oss/storage/key-index.js';
import { element, send } from './raw-request.js';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

// Few characters, so that keys share beginnings; U+FFFD and an emoji stand in another order in UTF-16.
const letters = fc.constantFrom('a', 'b', '/', '~', '\u00e9', '\u6587', '\ud7ff', '\ufffd', '\u{1f600}');
const keys = fc.array(letters, { minLength: 1, maxLength: 5 }).map((list) => list.join(''));
const place = fc.array(letters, { maxLength: 3 }).map((list) => list.join(''));

function naiveFrom(sorted: readonly string[], at: string, entrance: Entrance): string[] {
  return sorted.filter((key) => {
    if (entrance === 'at') return byBytes(key, at) >= 0;
    return byBytes(key, at) > 0 && !(entrance === 'behind-prefix' && key.startsWith(at));
  });
}

test('an index of keys has what was added and not removed, in order of UTF-8, from anywhere', () => {
  const changes = fc.array(fc.record({ key: keys, adds: fc.boolean() }), { maxLength: 200 });
  const entrances = fc.constantFrom<Entrance>('at', 'behind', 'behind-prefix');
  fc.assert(
    fc.property(changes, place, entrances, (list, at, entrance) => {
      const index = new KeyIndex();
      const model = new Set<string>();
      for (const { key, adds } of list) {
        if (adds) index.add(key);
        else index.delete(key);
        if (adds) model.add(key);
        else model.delete(key);
      }
      const sorted = [...model].sort(byBytes);
      expect([...index.from('', 'at')]).toEqual(sorted);
      expect(index.size).toBe(sorted.length);
      expect([...index.from(at, entrance)]).toEqual(naiveFrom(sorted, at, entrance));
    }),
    { numRuns: 200 },
  );
});

test('an index of many keys, added in three orders and removed again', () => {
  const sorted = Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(6, '0')}`);
  const shuffled = sorted.map((_, i) => sorted[(i * 2029) % sorted.length] as string);
  for (const order of [sorted, [...sorted].reverse(), shuffled]) {
    const index = new KeyIndex();
    for (const key of order) index.add(key);
    expect([...index.from('', 'at')]).toEqual(sorted);
    for (const key of shuffled.slice(0, 4990)) index.delete(key);
    expect([...index.from('', 'at')]).toEqual(shuffled.slice(4990).sort());
  }
});

/** A page as it is defined: of all names, those behind the marker. */
function naivePage(
  sorted: readonly string[],
  { prefix, delimiter, limit, marker }: { prefix: string; delimiter: string; limit: number; marker: string },
) {
  const names: string[] = [];
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    if (names.at(-1) !== name && (marker === '' || byBytes(name, marker) > 0)) names.push(name);
  }
  const page = names.slice(0, limit);
  return { names: page, nextMarker: names.length > limit ? page.at(-1) : undefined };
}

test('a page is what going through all keys gives', () => {
  const query = fc.record({
    prefix: place,
    marker: place,
    delimiter: fc.constantFrom('', '/', 'a'),
    limit: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(keys, { maxLength: 40 }), query, (list, options) => {
      const sorted = [...list].sort(byBytes);
      const page = pageKeys(orderedEntries(sorted.map((key) => ({ key }))), options);
      const expected = naivePage(sorted, options);
      const names = [...page.entries.map(({ key }) => key), ...page.commonPrefixes];
      expect(names.sort(byBytes)).toEqual(expected.names);
      expect(page.nextMarker).toBe(expected.nextMarker);
    }),
    { numRuns: 1000 },
  );
});

describe('over HTTP', () => {
  const names = (xml: string, tag: string): string[] =>
    [...xml.matchAll(new RegExp(`<${tag}>([^<]*)`, 'g'))].map(([, text]) =>
      decodeURIComponent(text as string),
    );

  test('puts, deletions and versions stay in order, page by page', async () => {
    const oss = await startOss({ buckets: ['photos'] });
    onTestFinished(() => oss.close());
    await oss.setVersioning('photos', 'Enabled');
    const all = ['a', 'a/b', 'a/\ufffd', 'a/\u{1f600}', 'b', 'c~', 'c/1', 'c/2'];
    for (const key of all) for (const content of ['1', '2']) await oss.putObject('photos', key, content);
    for (const key of ['a', 'c/1']) await oss.deleteObject('photos', key);
    const get = (query: Record<string, string>) =>
      send(oss, {
        method: 'GET',
        bucket: 'photos',
        path: '/photos/',
        query: { 'encoding-type': 'url', ...query },
      });

    const current = all.filter((key) => key !== 'a' && key !== 'c/1').sort(byBytes);
    expect(oss.keys('photos')).toEqual(current);
    for (const way of [
      { query: { 'list-type': '2' }, next: 'NextContinuationToken', parameter: 'continuation-token' },
      { query: {}, next: 'NextMarker', parameter: 'marker' },
    ]) {
      const listed: string[] = [];
      let query: Record<string, string> = { ...way.query, 'max-keys': '2' };
      for (let pages = 0; pages < 10; pages++) {
        const { text } = await get(query);
        listed.push(...names(text, 'Key'));
        const next = element(text, way.next);
        if (next === undefined) break;
        query = { ...query, [way.parameter]: decodeURIComponent(next) };
      }
      expect(listed).toEqual(current);
    }

    const versions: string[] = [];
    let place: Record<string, string> = {};
    for (let pages = 0; pages < 30; pages++) {
      const { text } = await get({ versions: '', 'max-keys': '2', ...place });
      const ids = names(text, 'VersionId');
      versions.push(...names(text, 'Key').map((key, i) => `${key} ${ids[i]}`));
      if (element(text, 'IsTruncated') === 'false') break;
      place = {
        'key-marker': decodeURIComponent(element(text, 'NextKeyMarker') ?? ''),
        'version-id-marker': element(text, 'NextVersionIdMarker') ?? '',
      };
    }
    // Two versions of each, and two delete markers.
    expect(versions.length).toBe(18);
    expect(new Set(versions).size).toBe(18);
    expect([...new Set(versions.map((line) => line.split(' ')[0] as string))]).toEqual(
      [...all].sort(byBytes),
    );
  });
});
