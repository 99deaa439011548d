/**
 * Keeps the state of one transfer between two attempts. The text is for this project only; it holds no key, but
 * whoever can change it decides where a resumed transfer goes on: keep it where only you can write.
 */
export interface CheckpointStore {
  /** The saved text, or undefined when there is none. */
  load(): Promise<string | undefined>;
  /** Replaces the text; it is there for good when the promise resolves. */
  save(text: string): Promise<void>;
  /** Removes the text, if there is one. */
  delete(): Promise<void>;
}
