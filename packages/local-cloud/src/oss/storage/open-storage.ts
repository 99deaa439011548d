import { mkdir } from 'node:fs/promises';
import { CatalogFiles } from './catalog-files.js';
import { DirectorySegmentStore } from './directory-segment-store.js';
import { DiscardSegmentStore } from './discard-segment-store.js';
import { MemorySegmentStore } from './memory-segment-store.js';
import { ObjectCatalog } from './object-catalog.js';
import type { SegmentStore } from './segment.js';

/**
 * Opens what a server stores in: nothing, memory, or a folder with what an earlier process left there.
 * @param dir The folder; created when absent.
 * @param discard Whether bodies are thrown away.
 */
export async function openStorage(
  dir: string | undefined,
  discard: boolean,
): Promise<{ store: SegmentStore; catalog: ObjectCatalog }> {
  if (discard) return { store: new DiscardSegmentStore(), catalog: new ObjectCatalog() };
  if (dir === undefined) return { store: new MemorySegmentStore(), catalog: new ObjectCatalog() };
  await mkdir(dir, { recursive: true });
  const store = await DirectorySegmentStore.create(dir);
  const files = new CatalogFiles(dir);
  const catalog = new ObjectCatalog(files);
  const used = new Set<string>();
  for (const bucket of await files.load(store)) {
    catalog.restoreBucket(bucket);
    const versions = [...bucket.objects.values(), ...[...bucket.history.values()].flat()];
    for (const version of versions) {
      if (version.kind !== 'object') continue;
      for (const { fileName } of version.body.segments) if (fileName !== undefined) used.add(fileName);
    }
  }
  await store.removeAllBut(used);
  return { store, catalog };
}
