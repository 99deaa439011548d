import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';

/**
 * Fails unless `readme-example.ts`, beside the test, stands in the README of the package as it is, runs, and logs `true`
 * and nothing else.
 *
 * @param testUrl `import.meta.url` of a test in the package's folder `test`
 * @param run imports the example
 */
export async function expectReadmeExample(testUrl: string, run: () => Promise<unknown>): Promise<void> {
  const example = readFileSync(new URL('./readme-example.ts', testUrl), 'utf8');
  const readme = readFileSync(new URL('../README.md', testUrl), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await run();
    expect(log.mock.calls).toEqual([[true]]);
  } finally {
    log.mockRestore();
  }
}
