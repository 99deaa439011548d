import { assertObjectKey } from '@oss-envelope/core';
import type { SourceItem, SourcePage } from '../contract/object-source.js';
import { rowPosition } from './row-position.js';

/** How many versions the rows of an inventory named that are no current objects. */
export interface VersionsSeen {
  oldVersions: number;
  deleteMarkers: number;
}

/** What a row names: objects to look at (two where its name can be read in two ways), nothing of interest, or nothing at all. */
export type RowResult =
  | { readonly kind: 'items'; readonly items: readonly SourceItem[] }
  | { readonly kind: 'broken'; readonly broken: SourcePage['broken'][number] };

/** Reads the rows of one inventory. Keeps what it learns about how its keys are encoded. */
export class RowReader {
  readonly seen: VersionsSeen = { oldVersions: 0, deleteMarkers: 0 };
  readonly #columns: ReadonlyMap<string, number>;
  readonly #width: number;
  readonly #bucketName: string;
  readonly #prefix: string;
  /** Nowhere is written whether `+` is a space. An encoder that writes `%20` writes a plus sign as it is, or as `%2B`. */
  #plusIsSpace: boolean | undefined;

  constructor(columns: readonly string[], bucketName: string, prefix: string) {
    this.#columns = new Map(columns.map((name, index) => [name, index]));
    this.#width = columns.length;
    this.#bucketName = bucketName;
    this.#prefix = prefix;
  }

  /** @param row - its number in the file, from 1 on */
  read(fields: readonly string[], row: number): RowResult {
    const position = rowPosition(row);
    const broken = (what: string): RowResult => ({
      kind: 'broken',
      broken: { position, message: `Row ${row} of the inventory's file ${what}.` },
    });
    if (fields.length !== this.#width) {
      return broken(`has ${fields.length} columns, and the manifest names ${this.#width}`);
    }
    const field = (name: string): string | undefined => {
      const index = this.#columns.get(name);
      const text = index === undefined ? undefined : fields[index];
      return text === undefined || text === '' || text === 'null' ? undefined : text;
    };
    // An incremental inventory also lists what was deleted, for the most part without a key.
    if (field('recordtype')?.toUpperCase() === 'DELETE') return nothing;
    if (isTrue(field('isdeletemarker'))) {
      this.seen.deleteMarkers++;
      return nothing;
    }
    if (field('islatest') !== undefined && !isTrue(field('islatest'))) {
      this.seen.oldVersions++;
      return nothing;
    }
    const bucket = field('bucket');
    if (bucket !== undefined && bucket !== this.#bucketName) return broken('is of another bucket');
    const text = fields[this.#columns.get('key') as number] as string;
    const keys = this.#keysOf(text);
    if (keys === undefined) return broken('has a key that is not encoded as those of an inventory are');
    if (!keys.every(isObjectKey)) return broken('has a key that no object can have');
    const size = field('size');
    const sizeBytes = size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined;
    const lastModified = inventoryTime(field('lastmodifieddate'));
    const storageClass = field('storageclass');
    const items = keys
      .map((key, index) => ({
        key,
        position: index === 0 ? position : `${position}+`,
        sizeBytes,
        lastModified,
        storageClass,
      }))
      .filter(({ key }) => key.startsWith(this.#prefix));
    return { kind: 'items', items };
  }

  /** The keys that a text may stand for: two where a plus sign leaves a doubt, so that HEAD decides. */
  #keysOf(text: string): string[] | undefined {
    if (/%20/.test(text)) this.#plusIsSpace = false;
    else if (/%2b/i.test(text)) this.#plusIsSpace ??= true;
    try {
      const literal = decodeURIComponent(text);
      if (!text.includes('+')) return [literal];
      const spaced = decodeURIComponent(text.replaceAll('+', ' '));
      if (this.#plusIsSpace === undefined) return [literal, spaced];
      return [this.#plusIsSpace ? spaced : literal];
    } catch {
      return undefined;
    }
  }
}

const nothing: RowResult = { kind: 'items', items: [] };

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}

function isObjectKey(key: string): boolean {
  try {
    assertObjectKey(key);
    return true;
  } catch {
    return false;
  }
}

/** `yyyy-MM-ddTHH-mm-ssZ`, as rows have it; with colons too. */
function inventoryTime(text: string | undefined): Date | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d)[-:](\d\d)[-:](\d\d)(?:\.\d+)?Z$/.exec(text ?? '');
  if (parts === null) return undefined;
  const time = new Date(`${parts[1]}T${parts[2]}:${parts[3]}:${parts[4]}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
