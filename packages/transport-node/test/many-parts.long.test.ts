import { noise } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();

it.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
])('more parts than a page has are listed in two requests, signed by %s', async (_name, client) => {
  const transport = local.transport({ client });
  const { uploadId } = await transport.parts.start({ key: 'many', headers: {} });
  const upload = { key: 'many', headers: {}, uploadId };
  const body = { kind: 'bytes', bytes: noise(1) } as const;
  await transport.parts.put({ ...upload, partNumber: 10_000, body });
  for (let number = 1; number <= 1001; number += 20) {
    const numbers = Array.from({ length: 20 }, (_, i) => number + i).filter((n) => n <= 1001);
    await Promise.all(numbers.map((partNumber) => transport.parts.put({ ...upload, partNumber, body })));
  }
  local.oss.requests.clear();
  const listed = await transport.parts.list(upload);
  expect(listed.map((part) => part.partNumber)).toEqual([
    ...Array.from({ length: 1001 }, (_, i) => i + 1),
    10_000,
  ]);
  expect(local.oss.requests.of('ListParts').length).toBe(2);
  await transport.parts.drop(upload);
  expect(local.oss.uploads(bucketName)).toEqual([]);
});
