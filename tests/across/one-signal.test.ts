import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isOssEnvelopeError } from '@oss-envelope/core';
import { getToFile } from '@oss-envelope/core/node';
import type { OssFaultRule } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { bucketMaker, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
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

const nextRow = inTurn(transports.length);
describe.each(transports)('no listener is too many over %s', (_, transportOf) => {
  const it = nextRow();
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

  it('nobody listens to a signal when its call has failed', async () => {
    const { signal } = new AbortController();
    const bucket = bucketOf();
    const stalling = bucketOf({ transport: transportOf(world, 250) });
    await bucket.put('k', content);
    const fails = async (fault: OssFaultRule, call: () => Promise<unknown>): Promise<void> => {
      world.oss.faults.add({ times: Number.POSITIVE_INFINITY, ...fault });
      expect(isOssEnvelopeError(await call().catch((error: unknown) => error)), fault.kind).toBe(true);
      world.oss.faults.clear();
      await expect.poll(() => getEventListeners(signal, 'abort'), { message: fault.kind }).toEqual([]);
    };
    for (const kind of ['reset-response', 'stall-response', 'truncate'] as const) {
      const fault = { kind, afterBytes: 60_000 };
      await fails(fault, async () => (await stalling.get('k', { signal })).bytes());
      await fails(fault, () => stalling.open('k', { signal }));
      const ranges = { partSizeBytes: 102_400, concurrency: 3, signal };
      await fails(fault, () => getToFile(stalling, 'k', join(world.folder, 'f'), ranges));
    }
    // Its first bytes are read before there is an upload.
    const refused = { kind: 'status', status: 403, code: 'AccessDenied' } as const;
    for (const options of [inParts, { partSizeBytes: 102_400 }, {}]) {
      await fails(refused, () => bucket.put('l', Readable.from([content]), { ...options, signal }));
    }
  });
});
