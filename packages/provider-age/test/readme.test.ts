import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

test("the README's example runs, and is what the README shows", async () => {
  const example = readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  expect(log.mock.calls).toEqual([[true]]);
  log.mockRestore();
});
