import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run on the sources: the condition below points every workspace package at its `src`.
const conditions = ['@oss-envelope/source', 'node', 'import', 'module', 'default'];
const files = (ending: string): string[] => [
  `packages/*/src/**/*${ending}`,
  `packages/*/test/**/*${ending}`,
  `tests/**/*${ending}`,
];

/** Long tests have a command of their own, which says how often what is randomized repeats itself (`runs` of test-kit). */
const left = process.env.OSS_ENVELOPE_TEST_SCALE === undefined ? files('.long.test.ts') : [];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Vitest itself has little to do while tests run, and tests of time-outs wait: one more than there are cores.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: [fileURLToPath(new URL('packages/test-kit/src/patterns.ts', import.meta.url))],
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: files('.test.ts'),
          exclude: [...files('.alone.test.ts'), ...left, '**/node_modules/**'],
          isolate: false,
        },
      },
      // What replaces modules, or loads them twice, has a process of its own.
      { extends: true, test: { name: 'alone', include: files('.alone.test.ts') } },
    ],
  },
});
