/** A run as it is stored: what each section found, and how long it took. */
interface StoredRun {
  readonly seconds: Readonly<Record<string, number>>;
  readonly sections: Readonly<Record<string, object>>;
}

/** A run in place of an earlier one, which keeps what this one did not measure. */
export declare function replacing(earlier: Partial<StoredRun>, run: StoredRun): StoredRun;
