import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

interface Row {
  readonly workers: number;
  readonly objectsPerSecond: number;
  readonly requestsPerSecond: number;
}

it('more workers bring more, up to what OSS allows, by a simulation of the built package', async () => {
  const program = fileURLToPath(new URL('../bench/simulate.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--keys', '1000000', '--json']);
  const rows = JSON.parse(stdout) as readonly Row[];
  const [one, , four, , , , many] = rows as readonly [Row, Row, Row, Row, Row, Row, Row];
  expect(four.objectsPerSecond / one.objectsPerSecond).toBeGreaterThan(2);
  expect(many.objectsPerSecond).toBeGreaterThan(four.objectsPerSecond);
  for (const { requestsPerSecond } of rows) expect(requestsPerSecond).toBeLessThanOrEqual(10_000);
});
