import { noise } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import { useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();

it('a body of bytes tells how much of it the network has taken', async () => {
  const bytes = noise(3_000_000);
  const sent: number[] = [];
  await local.transport().put({
    key: 'k',
    headers: {},
    body: { kind: 'bytes', bytes, onSent: (sentBytes) => sent.push(sentBytes) },
  });
  expect(sent.length).toBeGreaterThan(5);
  expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  expect(sent.at(-1)).toBe(bytes.length);
});
