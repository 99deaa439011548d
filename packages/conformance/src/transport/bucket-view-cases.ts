import type { BucketView, ListPlace } from '@oss-envelope/core';
import { assert, assertEqual } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { oddKeys } from '../odd-keys.js';
import { sampleBytes } from '../sample-bytes.js';
import { type TransportBench, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

function viewCase(
  name: string,
  run: (bench: TransportBench) => Promise<void>,
  needs: readonly 'parts'[] = [],
): ConformanceCase<TransportSubject> {
  return transportCase(name, run, ['bucketView', ...needs]);
}

interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly next: ListPlace | undefined;
}

/** All entries of a list, two on each page. */
async function all<Entry>(page: (after: ListPlace | undefined) => Promise<Page<Entry>>): Promise<Entry[]> {
  const found: Entry[] = [];
  let after: ListPlace | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const { entries, next } = await page(after);
    assert(entries.length <= 2, 'a page must not hold more entries than were asked for');
    found.push(...entries);
    if (next === undefined) return found;
    after = next;
  }
  throw new Error('the list does not end');
}

const versionsOf = (view: BucketView, prefix: string) =>
  all(async (after) => {
    const { versions, next } = await view.listVersions({ prefix, after, maxEntries: 2, headers: {} });
    return { entries: versions, next };
  });

const uploadsOf = (view: BucketView, prefix: string) =>
  all(async (after) => {
    const { uploads, next } = await view.listUploads({ prefix, after, maxEntries: 2, headers: {} });
    return { entries: uploads, next };
  });

/** Questions to the bucket itself. The bucket may have any settings: they are only looked at. */
export const bucketViewCases: readonly ConformanceCase<TransportSubject>[] = [
  viewCase('the settings of the bucket are told, and those that were never made', async ({ bucketView }) => {
    const versioning = await bucketView.versioning({ headers: {} });
    assert(
      versioning === undefined || versioning === 'Enabled' || versioning === 'Suspended',
      'versioning must be Enabled, Suspended or undefined',
    );
    const retention = await bucketView.retention({ headers: {} });
    assert(
      retention === undefined || (retention.state !== '' && Number.isInteger(retention.days)),
      'a retention policy must have a state and a number of days',
    );
    const rules = [
      await bucketView.overwriteRules({ headers: {} }),
      await bucketView.replicationRules({ headers: {} }),
    ];
    assert(rules.every(Array.isArray), 'rules must be lists');
  }),
  viewCase('how many objects the bucket had is told, as whole numbers', async ({ bucketView }) => {
    const { objectCount, sizeBytes, countedAt } = await bucketView.statistics({ headers: {} });
    for (const count of [objectCount, sizeBytes]) {
      assert(Number.isSafeInteger(count) && count >= 0, 'a count must be a whole number');
    }
    assert(
      countedAt === undefined || !Number.isNaN(countedAt.getTime()),
      'the time must be a time, or undefined',
    );
  }),
  viewCase('versions are listed page by page, whatever their keys', async (bench) => {
    const base = bench.key('/');
    const keys = oddKeys.map(([, suffix]) => base + suffix);
    try {
      for (const key of keys) await bench.put(key, sampleBytes(3));
      const found = (await versionsOf(bench.bucketView, base)).filter(({ isLatest }) => isLatest);
      assertEqual(
        JSON.stringify(found.map(({ key }) => key).sort()),
        JSON.stringify([...keys].sort()),
        'the keys of the versions',
      );
      for (const { kind, versionId, sizeBytes, lastModified } of found) {
        assertEqual(kind, 'object', 'the kind of a version');
        assertEqual(sizeBytes, 3, 'the size of a version');
        assert(versionId !== '', 'a version must have an id');
        assert(lastModified !== undefined, 'a version must have a time');
      }
      const none = await bench.bucketView.listVersions({ prefix: bench.key(), headers: {} });
      assertEqual(none.versions.length, 0, 'the number of versions behind a prefix that nothing has');
      assertEqual(none.next, undefined, 'where a list without anything goes on');
    } finally {
      for (const key of keys) await bench.transport.delete({ key, headers: {} }).catch(() => {});
    }
  }),
  viewCase(
    'open uploads are listed page by page, also several of one key',
    async (bench) => {
      const base = bench.key('/');
      const keys = [`${base}a b`, `${base}a b`, `${base}a b`, `${base}\u{1f600}`, `${base}+`];
      const started: string[] = [];
      try {
        for (const key of keys) {
          const { uploadId } = await bench.parts.start({ key, headers: {} });
          started.push(`${key} ${uploadId}`);
        }
        const found = await uploadsOf(bench.bucketView, base);
        assertEqual(
          JSON.stringify(found.map(({ key, uploadId }) => `${key} ${uploadId}`).sort()),
          JSON.stringify([...started].sort()),
          'the uploads that are open',
        );
      } finally {
        for (const [index, line] of started.entries()) {
          const key = keys[index] as string;
          await bench.parts.drop({ key, uploadId: line.slice(key.length + 1), headers: {} });
        }
      }
      assertEqual((await uploadsOf(bench.bucketView, base)).length, 0, 'the number of uploads after that');
    },
    ['parts'],
  ),
  viewCase('a page of no entries, or of too many, is refused before it is asked for', async (bench) => {
    for (const maxEntries of [0, 1001, 1.5]) {
      const versions = (): Promise<unknown> => bench.bucketView.listVersions({ maxEntries, headers: {} });
      await bench.rejects(versions, 'ERR_OUT_OF_RANGE', `a page of ${maxEntries} versions`);
      const uploads = (): Promise<unknown> => bench.bucketView.listUploads({ maxEntries, headers: {} });
      await bench.rejects(uploads, 'ERR_OUT_OF_RANGE', `a page of ${maxEntries} uploads`);
    }
  }),
];
