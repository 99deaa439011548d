// Files up and down, on the runtimes that have them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getToFile, putFile } from '@oss-envelope/core/node';

/** @throws Error when a file does not come back as it went */
export async function assertFilesRoundTrip(bucket, key) {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-runtimes-'));
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    for (const sizeBytes of [0, 100, 3_000_000]) {
      const bytes = new Uint8Array(sizeBytes).map((_, index) => index % 251);
      await writeFile(from, bytes);
      await putFile(bucket, key, from);
      await getToFile(bucket, key, to);
      const found = await readFile(to);
      if (found.length !== sizeBytes || found.some((byte, index) => byte !== bytes[index])) {
        throw new Error(`a file of ${sizeBytes} bytes must come back as it went`);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
