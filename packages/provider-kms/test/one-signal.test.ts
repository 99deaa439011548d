import type { LocalKms } from '@oss-envelope/local-cloud';
import { startKms } from '@oss-envelope/local-cloud';
import { useServer } from '@oss-envelope/test-kit';
import { expect, test } from 'vitest';
import { providerWays } from './provider-ways.js';

const running = useServer<LocalKms>(() => startKms());
const start = new TextEncoder().encode('1234');

test.each(providerWays)(
  'one signal serves any number of calls without a warning: $name',
  async ({ make }) => {
    const kms = running();
    const { keyId } = kms.keys.create();
    const warnings: string[] = [];
    const listen = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', listen);
    const provider = make(
      { url: kms.url },
      { keyId, cache: { maxEntries: 10, maxAgeMs: 60_000, maxUses: 1000 } },
    );
    const { signal } = new AbortController();
    const format = 'oss-crypto';
    const calls = Array.from({ length: 30 }, async () => {
      const { wrappedKey, wrappedStart } = await provider.wrapKey({ format, start, signal });
      const unwrap = { format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart, signal } as const;
      await Promise.all([provider.unwrapKey(unwrap), provider.unwrapKey(unwrap)]);
    });
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings.filter((message) => message.includes('listeners'))).toEqual([]);
  },
);
