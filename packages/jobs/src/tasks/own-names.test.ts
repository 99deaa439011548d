import { expect, it } from 'vitest';
import { isOwnKey } from './own-names.js';

const job = '.oss-envelope/jobs/rewrap-photos/';
const hex = (length: number): string => 'a1'.repeat(length / 2);

it.each([
  `${job}job.json`,
  `${job}run.json`,
  `${job}wish.json`,
  `${job}report.json`,
  `${job}runs/12/expectation.json`,
  `${job}runs/1/attempts/r${hex(24)}/${hex(24)}.json`,
  `${job}runs/1/failures/${hex(24)}/00000000.jsonl`,
  `${job}staged/${hex(64)}`,
  `${job}probe-${hex(12)}`,
])('%s is what a job writes', (key) => {
  expect(isOwnKey(key)).toBe(true);
});

it.each([
  '.oss-envelope/',
  '.oss-envelope/secret.txt',
  `${job}`,
  `${job}secret.txt`,
  `${job}job.json/secret`,
  `${job}runs/1/secret.txt`,
  `${job}runs/0/expectation.json`,
  `${job}staged/${hex(62)}`,
  `${job}job.json\n`,
  `x/${job}job.json`,
  '.oss-envelope/jobs/A/job.json',
])('%j is an object like all others', (key) => {
  expect(isOwnKey(key)).toBe(false);
});
