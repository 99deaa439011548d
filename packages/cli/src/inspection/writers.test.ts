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

const generated = JSON.parse(readFileSync(new URL('generated.json', folder), 'utf8')) as Readonly<
  Record<string, { readonly meta: Readonly<Record<string, string>> }>
>;
const generatedBy: Readonly<Record<string, string>> = {
  'py2018-rsa': 'Python oss2 2.5 to 2.10',
  'py2018-kms': 'Python oss2 2.5 to 2.10',
  'py-rsa-pkcs1': 'Python oss2 2.11 and later',
  'py-kms': 'Python oss2 2.11 and later',
  'py-multipart': 'Python oss2 2.11 and later',
  'go-kms': 'Go v2',
};

test.each(Object.entries(generated))('%s: its writer is among those that are named', (name, { meta }) => {
  expect(inspectHeaders(meta).writers).toContain(generatedBy[name]);
});
