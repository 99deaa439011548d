import { createHash } from 'node:crypto';
import { IntegrityError, InvalidArgumentError, isOssEnvelopeError } from '@oss-envelope/core';
import { compareUtf8 } from '@oss-envelope/core/adapter';
import type { KeyRange } from '../contract/key-range.js';
import type { ObjectSource, SourceItem, SourcePage } from '../contract/object-source.js';
import { InventoryFileReader } from './inventory-file.js';
import { type InventoryManifest, parseManifest } from './inventory-manifest.js';
import { RowReader, type VersionsSeen } from './inventory-rows.js';
import { rowOf, rowPosition } from './row-position.js';
import { type FileTransport, readSmallFile } from './stored-file.js';

/** Which inventory, and what of it. */
export interface InventorySourceOptions {
  /** Of the bucket that has the inventory. */
  readonly transport: FileTransport;
  /** The key of its `manifest.json`. */
  readonly manifestKey: string;
  /** The bucket that must be listed in it. */
  readonly bucketName: string;
  /** Objects whose keys begin otherwise are left out; `''` for none. */
  readonly prefix: string;
  /** How many rows a page holds. Default 1000. */
  readonly pageSize?: number | undefined;
  /** How many bytes one request asks for. Default 1 MiB. */
  readonly pieceBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The objects that an inventory names. */
export interface InventorySource extends ObjectSource {
  /** When the inventory began: what was written since may not be in it. */
  readonly createdAt: Date;
  readonly isIncremental: boolean;
  /** What the rows that were read named besides current objects. */
  readonly versionsSeen: Readonly<VersionsSeen>;
  /** Gives up what is read ahead. */
  close(): Promise<void>;
}

const mostManifestBytes = 64 * 1024 * 1024;
const mostChecksumBytes = 1024;
/** Files that are open at once: of ranges that nobody goes on with, the longest untouched are closed. */
const mostReaders = 32;
/** What is read of an inventory to know how many objects it names. */
const mostCountedBytes = 8 * 1024 * 1024;
const countedPieceBytes = 256 * 1024;

/**
 * Opens an inventory of OSS: one lane for each of its files. Its manifest is compared with `manifest.checksum`, and each
 * file with the MD5 that the manifest has, before the last rows of it are given.
 *
 * @throws IntegrityError for a damaged inventory; InvalidArgumentError for one that is not done, of another bucket, or of
 *   another format; as the transport
 */
export async function openInventory(options: InventorySourceOptions): Promise<InventorySource> {
  const manifest = await readManifest(options);
  const { bucketName } = options;
  if (manifest.sourceBucket !== bucketName) {
    throw new InvalidArgumentError(
      'manifestKey',
      `names an inventory of the bucket ${JSON.stringify(manifest.sourceBucket)}, and the job is for ${JSON.stringify(bucketName)}. Name an inventory of that bucket`,
    );
  }
  return inventorySource(manifest, options);
}

async function readManifest({
  transport,
  manifestKey,
  signal,
}: InventorySourceOptions): Promise<InventoryManifest> {
  const bytes = await readSmallFile(transport, manifestKey, mostManifestBytes, signal);
  const manifest = parseManifest(bytes.toString('utf8'), manifestKey);
  // Incremental inventories have no checksum.
  if (manifest.isIncremental) return manifest;
  const checksumKey = manifestKey.replace(/[^/]*$/, 'manifest.checksum');
  const checksum = await readSmallFile(transport, checksumKey, mostChecksumBytes, signal).catch((error) => {
    if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404)) throw error;
    throw new InvalidArgumentError(
      'manifestKey',
      `names a manifest without ${JSON.stringify(checksumKey)} beside it. Take a run of the inventory that has ended, whole`,
    );
  });
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (checksum.toString('latin1').trim().toLowerCase() !== md5) {
    throw new IntegrityError(
      `The MD5 of ${JSON.stringify(manifestKey)} is not what ${JSON.stringify(checksumKey)} says. Take another run of the inventory.`,
    );
  }
  return manifest;
}

function inventorySource(
  manifest: InventoryManifest,
  { transport, bucketName, prefix, pageSize = 1000, pieceBytes }: InventorySourceOptions,
): InventorySource {
  const rows = new RowReader(manifest.columns, bucketName, prefix);
  /** Where ranges go on, by range: each reader stands behind the page that was given last. */
  const readers = new Map<string, InventoryFileReader>();

  const take = async ({ lane, after }: KeyRange, cursor: string): Promise<InventoryFileReader> => {
    const name = `${lane} ${after}`;
    const known = readers.get(name);
    // Taken out while it is used: two calls for one range do not share it.
    readers.delete(name);
    if (known?.row === rowOf(cursor)) return known;
    await known?.close();
    const file = manifest.files[lane];
    if (file === undefined) throw new RangeError(`lane must be below ${manifest.files.length}`);
    return new InventoryFileReader(transport, file, pieceBytes);
  };

  const keep = async ({ lane, after }: KeyRange, reader: InventoryFileReader): Promise<void> => {
    readers.set(`${lane} ${after}`, reader);
    for (const [name, oldest] of readers) {
      if (readers.size <= mostReaders) break;
      readers.delete(name);
      await oldest.close();
    }
  };

  return {
    lanes: manifest.files.length,
    createdAt: manifest.createdAt,
    isIncremental: manifest.isIncremental,
    versionsSeen: rows.seen,

    count: (signal) => countRows(manifest, { transport, bucketName, prefix, signal }),

    async page(range, cursor, signal): Promise<SourcePage> {
      const reader = await take(range, cursor);
      try {
        const page = await readPage(reader, rows, { range, cursor, pageSize }, signal);
        if (!page.isLast) await keep(range, reader);
        else await reader.close();
        return page;
      } catch (error) {
        await reader.close();
        throw error;
      }
    },

    async close() {
      const all = [...readers.values()];
      readers.clear();
      await Promise.all(all.map((reader) => reader.close()));
    },
  };
}

/**
 * How many rows name an object: all are counted where the files are small; of larger ones as many as a few megabytes hold,
 * and the others are taken to be like them.
 */
async function countRows(
  { files, columns }: InventoryManifest,
  {
    transport,
    bucketName,
    prefix,
    signal,
  }: Pick<InventorySourceOptions, 'bucketName' | 'prefix' | 'signal' | 'transport'>,
): Promise<{ readonly objects: number; readonly isExact: boolean }> {
  const rows = new RowReader(columns, bucketName, prefix);
  const allBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let [objects, readBytes] = [0, 0];
  for (const file of [...files].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
    if (readBytes >= mostCountedBytes) break;
    const reader = new InventoryFileReader(transport, file, countedPieceBytes);
    try {
      while (readBytes + reader.readBytes < mostCountedBytes || reader.readBytes >= file.sizeBytes) {
        const fields = await reader.next(signal);
        if (fields === undefined) break;
        const result = rows.read(fields, reader.row);
        objects += result.kind === 'items' ? result.items.length : 1;
      }
      readBytes += reader.readBytes;
    } finally {
      await reader.close();
    }
  }
  return readBytes >= allBytes
    ? { objects, isExact: true }
    : { objects: Math.round((objects * allBytes) / readBytes), isExact: false };
}

/** The next rows of a file, as far as they belong to a range. */
async function readPage(
  reader: InventoryFileReader,
  rows: RowReader,
  {
    range,
    cursor,
    pageSize,
  }: { readonly range: KeyRange; readonly cursor: string; readonly pageSize: number },
  signal: AbortSignal | undefined,
): Promise<SourcePage> {
  const from = rowOf(cursor);
  const items: SourceItem[] = [];
  const broken: SourcePage['broken'][number][] = [];
  let end: string | undefined;
  for (let looked = 0; looked < pageSize; ) {
    const fields = await reader.next(signal);
    if (fields === undefined) return { items, broken, end, isLast: true };
    const { row } = reader;
    if (row <= from) continue;
    const position = rowPosition(row);
    if (range.until !== undefined && compareUtf8(position, range.until) > 0) {
      return { items, broken, end, isLast: true };
    }
    looked++;
    end = position;
    const result = rows.read(fields, row);
    if (result.kind === 'broken') broken.push(result.broken);
    else {
      items.push(...result.items);
      end = result.items.at(-1)?.position ?? position;
    }
  }
  // A page that ends with the file is given when the file has been compared.
  return { items, broken, end, isLast: await reader.isAtEnd(signal) };
}
