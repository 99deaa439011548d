import type { Expectation } from './expectation.js';
import type { KeyRange } from './key-range.js';

/** An object that a source names. What a source says is a claim: HEAD decides. */
export interface SourceItem {
  readonly key: string;
  /** Where the source goes on behind this item. */
  readonly position: string;
  readonly sizeBytes?: number | undefined;
  readonly lastModified?: Date | undefined;
  readonly storageClass?: string | undefined;
}

/** What one request gives of a range. */
export interface SourcePage {
  /** In the order of their positions, all behind the cursor and none behind the end of the range. */
  readonly items: readonly SourceItem[];
  /** Rows that name no object, such as one that does not parse: each with what to say of it. */
  readonly broken: readonly { readonly position: string; readonly message: string }[];
  /** Where the source goes on behind this page, where that is behind its last item: rows that name no object. */
  readonly end?: string | undefined;
  /** Whether the range has nothing behind this page. */
  readonly isLast: boolean;
}

/** Where the names of a job's objects come from. Safe to use for several ranges at once. */
export interface ObjectSource {
  /** How many lanes there are: ranges that together are all of the source are `{ lane, after: '', until: undefined }`. */
  readonly lanes: number;
  /**
   * The items of a range behind `cursor`, in order, up to a page's size.
   *
   * @throws ServiceError, TransportError, IntegrityError (a damaged inventory), InvalidArgumentError (an unusable one)
   */
  page(range: KeyRange, cursor: string, signal: AbortSignal | undefined): Promise<SourcePage>;
  /** How many objects it names: counted, or as its size lets it be known. Missing where that would take a walk. */
  readonly count?: (signal: AbortSignal | undefined) => Promise<Pick<Expectation, 'isExact' | 'objects'>>;
  /**
   * A place that cuts what a range still has behind `cursor` in two, both with something in them; undefined where there
   * is none. Missing: ranges of this source cannot be cut.
   */
  readonly middle?: (
    range: KeyRange,
    cursor: string,
    signal: AbortSignal | undefined,
  ) => Promise<string | undefined>;
}
