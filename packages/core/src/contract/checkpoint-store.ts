/**
 * The journal of one transfer, open for one attempt at it. It holds no key. But who can write it decides where a
 * transfer goes on. Who can wrap too (has the key in KMS, or a public key whose provider has no `deriveSecret`) could even
 * choose the data key of the object, and then read it. So keep it where only you can write.
 */
export interface CheckpointJournal {
  /** The records that were there when it was opened, in the order in which they were appended. */
  readonly records: readonly string[];
  /**
   * Adds a record at the end. When the promise has resolved, the record survives a power cut. Calls may
   * overlap; the records keep the order of the calls. What it costs must not grow with the number of records.
   */
  append(record: string): Promise<void>;
  /** Removes all records. The journal stays open. */
  clear(): Promise<void>;
  /** Lets others open the journal. Without records nothing is left behind. Safe to call more than once. */
  close(): Promise<void>;
}

/**
 * Keeps the journal of one transfer between two attempts. Records are single lines of text, for this project only.
 *
 * Contract: a journal is open once at a time. Two attempts that went on from one state at the same time could encrypt
 * two contents under one key. So `open` must keep out every other process that can reach the store, by a lock, or by
 * comparing and swapping a revision with each `append`. When a store loses records, or gives back older
 * ones, the transfer starts again; it does no harm.
 */
export interface CheckpointStore {
  /**
   * Opens the journal.
   *
   * @throws CheckpointError when another attempt has it open, or it is not safe to use
   */
  open(): Promise<CheckpointJournal>;
}
