// How Stryker runs tests: those of one target, in its copy of the project, where every package is its source.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '../..');
const conditions = ['@oss-envelope/source', 'node', 'import', 'module', 'default'];

/** Packages would find each other through node_modules, outside the copy, where nothing is changed. */
const sources = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  return Object.entries(exports ?? {}).flatMap(([entry, target]) => {
    const source = typeof target === 'string' ? target : target['@oss-envelope/source'];
    if (!source?.endsWith('.ts')) return [];
    const specifier = `${name}${entry.slice(1)}`;
    return [{ find: new RegExp(`^${specifier}$`), replacement: join(root, 'packages', folder, source) }];
  });
});

export default defineConfig({
  root,
  resolve: { conditions, alias: sources },
  ssr: { resolve: { conditions } },
  test: {
    include: JSON.parse(process.env.OSS_ENVELOPE_MUTATION_TESTS ?? '[]'),
    isolate: false,
    setupFiles: ['scripts/mutation/setup.mjs', 'packages/test-kit/src/patterns.ts'].map((path) =>
      join(root, path),
    ),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A stalled test is a mutant that was found.
    teardownTimeout: 1000,
  },
});
