import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inspectHeaders } from './inspection.js';

interface Recorded {
  readonly name: string;
  readonly writtenBy: string;
  readonly headers: Readonly<Record<string, string>>;
}

const folder = new URL('../../../../tests/vectors/', import.meta.url);
const recorded = JSON.parse(readFileSync(new URL('recorded.json', folder), 'utf8')) as readonly Recorded[];

/** What we call the SDKs that the vectors name by their packages. */
const names: readonly [RegExp, string][] = [
  [/^Python `?oss2`? 2\.10/, 'Python oss2 2.5 to 2.10'],
  [/^Python `?oss2`? 2\.1[1-9]/, 'Python oss2 2.11 and later'],
  [/alibabacloud-oss-v2/, 'Python v2'],
  [/aliyun-oss-go-sdk/, 'Go v1'],
  [/alibabacloud-oss-go-sdk-v2/, 'Go v2'],
  [/aliyun-sdk-oss/, 'Java v1'],
];

test.each(recorded)('$name: its writer is among those that are named', ({ writtenBy, headers }) => {
  const expected = names.find(([pattern]) => pattern.test(writtenBy))?.[1];
  expect(expected, writtenBy).toBeDefined();
  expect(inspectHeaders(headers).writers).toContain(expected);
});

test('what only one program writes names that one alone, besides this project', () => {
  const writersOf = (name: string) =>
    inspectHeaders((recorded.find((object) => object.name === name) as Recorded).headers).writers.filter(
      (writer) => writer !== 'oss-envelope',
    );
  expect(writersOf('oss2-2.10-rsa-2018-kilobyte')).toEqual(['Python oss2 2.5 to 2.10']);
  expect(writersOf('oss2-2.19-rsa-oaep-kilobyte')).toEqual(['Python oss2 2.11 and later']);
  expect(writersOf('oss2-2.19-kms-oss2-kilobyte')).toEqual(['Python oss2 2.11 and later']);
});
