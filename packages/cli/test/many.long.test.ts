import { readFile, writeFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { aesProvider } from '@oss-envelope/provider-aes';
import { aesSecretInFile } from '@oss-envelope/provider-aes/node';
import { runs } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { expect, test } from 'vitest';
import { useWorkplace } from './program.js';

const place = useWorkplace();

const count = Math.max(100, runs(10_000));

const numbered = (index: number): string => `many/${String(index).padStart(5, '0')}`;

async function storeMany(): Promise<void> {
  const { oss } = place();
  const secret = await aesSecretInFile(place().path('old.key'));
  const { endpoint, region } = oss;
  const bucket = new EncryptedBucket({
    transport: fetchTransport({ endpoint, region, bucket: 'photos', credentials: { ...defaultOssAccount } }),
    provider: aesProvider({ secret, materialDescription: { key: '1' } }),
    format: 'sealed',
  });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      await bucket.put(numbered(index), new Uint8Array(1000).fill(index % 256));
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

test(`${count} objects are listed, verified and rewrapped in bounded memory`, {
  timeout: 900_000,
}, async () => {
  for (const name of ['old.key', 'new.key']) {
    expect(await place().run(['keygen', 'aes', name])).toMatchObject({ code: 0 });
  }
  await storeMany();
  await writeFile(
    place().path('peak.mjs'),
    `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync('peak', String(process.resourceUsage().maxRSS)));`,
  );
  // What is kept of each object would not fit: V8 ends the program then.
  const environment = { NODE_OPTIONS: '--max-old-space-size=64 --import=./peak.mjs' };
  /** The lines of a run, and the most memory that it had. */
  const run = async (args: readonly string[]) => {
    const { code, out, err } = await place().run([...args, '--output', 'json'], { environment });
    expect(code, err.slice(-2000)).toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { lines, peakKib: Number(await readFile(place().path('peak'), 'utf8')) };
  };
  const old = ['--secret-file', 'old.key', '--description', 'key=1'];
  const rewrapping = ['--secret-file', 'new.key', '--description', 'key=2', '--other-key', 'old.key#key=1'];
  const commands: readonly [string, readonly string[], (line: Record<string, unknown>) => unknown][] = [
    ['ls', ['ls'], ({ key, format, sizeBytes }) => [key, format, sizeBytes]],
    ['verify', ['verify', ...old], ({ place, status, authenticated }) => [place, status, authenticated]],
    ['dry run', ['rewrap', '--dry-run', ...rewrapping], ({ place, status }) => [place, status]],
    ['rewrap', ['rewrap', ...rewrapping], ({ place, status }) => [place, status]],
  ];
  const expected: Readonly<Record<string, (key: string) => readonly unknown[]>> = {
    ls: (key) => [key, 'sealed', 1000],
    verify: (key) => [`oss://photos/${key}`, 'ok', true],
    'dry run': (key) => [`oss://photos/${key}`, 'would-rewrap'],
    rewrap: (key) => [`oss://photos/${key}`, 'ok'],
  };
  const peaks: string[] = [];
  for (const [name, args, seen] of commands) {
    const few = await run([...args, 'oss://photos/many/0000']);
    expect(few.lines).toHaveLength(10);
    if (name === 'rewrap') {
      // Ten are done already, and are told so.
      const { lines } = await run([...args, 'oss://photos/many/0000']);
      expect(lines.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'unchanged'));
    }
    const { lines, peakKib } = await run([...args, 'oss://photos/many/']);
    const found = lines.map((line) => JSON.stringify(seen(line))).sort();
    const wanted = Array.from({ length: count }, (_, index) => {
      const key = numbered(index);
      const isDone = name === 'rewrap' && index < 10;
      return JSON.stringify(isDone ? [`oss://photos/${key}`, 'unchanged'] : expected[name]?.(key));
    }).sort();
    expect(found, name).toEqual(wanted);
    peaks.push(`${name} ${few.peakKib} -> ${peakKib} KiB`);
  }
  const { lines } = await run([
    'verify',
    '--secret-file',
    'new.key',
    '--description',
    'key=2',
    'oss://photos/many/',
  ]);
  expect(lines).toHaveLength(count);
  console.log(`Peak memory, ten objects -> ${count}: ${peaks.join(', ')}`);
});
