import type { ObjectTransport } from '@oss-envelope/core';
import { noise } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();

/** Downloads an object, and frees the memory of each chunk as soon as it is copied. */
async function getFreeing(
  transport: ObjectTransport,
  key: string,
): Promise<{ bytes: Buffer; freed: number }> {
  const response = await transport.get({ key, headers: {} });
  expect(response.chunksAreOwned).toBe(true);
  const copies: Uint8Array[] = [];
  let freed = 0;
  for await (const chunk of response.chunks) {
    copies.push(Uint8Array.from(chunk));
    const buffer = chunk.buffer as ArrayBuffer;
    if (buffer.byteLength !== chunk.byteLength) continue;
    structuredClone(buffer, { transfer: [buffer] });
    freed++;
  }
  return { bytes: Buffer.concat(copies), freed };
}

it('gives chunks that are memory of their own, so that freeing one harms no other', async () => {
  const transport = local.transport();
  const contents = [noise(3_000_001), noise(3_000_002), noise(3_000_003)];
  for (const [index, content] of contents.entries())
    await local.oss.putObject(bucketName, `own-${index}`, content);
  const got = await Promise.all(contents.map((_, index) => getFreeing(transport, `own-${index}`)));
  for (const [index, { bytes, freed }] of got.entries()) {
    expect(bytes.equals(contents[index] as Uint8Array)).toBe(true);
    // Otherwise there would be nothing to gain.
    expect(freed).toBeGreaterThan(10);
  }
});
