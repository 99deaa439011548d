import { join } from 'node:path';
import { getToFile } from '@oss-envelope/core/node';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketMaker, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await generateRsaKeyPair({ modulusBits: 2048 }));
const content = new Uint8Array(24 * 102_400).fill(7);
const inParts = { multipartThresholdBytes: 0, partSizeBytes: 102_400, concurrency: 16 };

const warnings: string[] = [];
const listen = (warning: Error): number => warnings.push(`${warning.name}: ${warning.message}`);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', listen);
});
afterEach(async () => {
  // Node tells of a warning in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

describe.each(transports)('no listener is too many over %s', (_, transportOf) => {
  const bucketOf = bucketMaker(world, transportOf, provider);

  it.each([
    ['one signal', new AbortController().signal],
    ['no signal', undefined],
  ])('with %s', async (_name, signal) => {
    const bucket = bucketOf();
    await Promise.all([1, 2, 3].map((each) => bucket.put(`k${each}`, content, { ...inParts, signal })));
    const ranges = { partSizeBytes: 102_400, concurrency: 16, signal };
    await Promise.all(
      [1, 2, 3].map((each) => getToFile(bucket, `k${each}`, join(world.folder, `f${each}`), ranges)),
    );
    await bucket.put('small', 'abc', { signal });
    const gets = Array.from({ length: 50 }, async () => (await bucket.get('small', { signal })).text());
    expect(new Set(await Promise.all(gets))).toEqual(new Set(['abc']));
    const puts = Array.from({ length: 50 }, (_, each) => bucket.put(`s${each}`, 'abc', { signal }));
    await Promise.all(puts);
    const handle = await bucket.open('k1', { signal });
    await Promise.all(Array.from({ length: 50 }, (_, each) => handle.read(each * 40_000, 9, { signal })));
    // Read one after the other, and given up.
    for (let each = 0; each < 30; each++) await (await bucket.get('k1', { signal })).discard();
    const objects = await Promise.all(Array.from({ length: 30 }, () => bucket.get('small', { signal })));
    await Promise.all(objects.map((object) => object.bytes()));
  });
});
