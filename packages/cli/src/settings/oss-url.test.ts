import { expect, it } from 'vitest';
import { parseOssUrl } from './oss-url.js';

it.each([
  ['oss://photos', { bucket: 'photos', key: '' }],
  ['oss://photos/', { bucket: 'photos', key: '' }],
  ['oss://photos/2026/a b.jpg', { bucket: 'photos', key: '2026/a b.jpg' }],
  ['oss://photos//slash', { bucket: 'photos', key: '/slash' }],
])('%s', (text, place) => {
  expect(parseOssUrl(text)).toEqual(place);
});

it('a name alone, and no name, are answered by how a bucket is written', () => {
  expect(() => parseOssUrl('photos')).toThrow(
    '"photos" is no place in OSS. Write oss://BUCKET/KEY, or oss://BUCKET',
  );
  expect(() => parseOssUrl('oss:///key')).toThrow('"oss:///key" names no bucket');
});
