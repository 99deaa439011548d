/** The latest entries of a log, oldest first, up to a bound. */
export class BoundedList<Entry> {
  readonly #limit: number;
  #entries: Entry[] = [];

  /** @param limit How many entries are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an entry; the oldest one goes when there are too many. */
  add(entry: Entry): void {
    this.#entries.push(entry);
    // Trimmed by halves so that a long run does not shift the array at every request.
    if (this.#entries.length > this.#limit * 2) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** The kept entries, oldest first. */
  list(): Entry[] {
    return this.#entries.slice(-this.#limit);
  }

  /** The latest entry, if any. */
  last(): Entry | undefined {
    return this.#entries.at(-1);
  }

  /** How many are kept. */
  get length(): number {
    return Math.min(this.#entries.length, this.#limit);
  }

  /** Forgets all. */
  clear(): void {
    this.#entries = [];
  }
}
