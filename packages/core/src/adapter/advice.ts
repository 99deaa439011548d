/**
 * What is said to somebody who takes one thing for another. The port that each runtime fills: on Node all that is known,
 * in pages nothing, where each byte is loaded by every visitor.
 */
export interface Advice {
  /**
   * @param name - an option that a call does not have
   * @param known - those that it has
   * @returns what to use in its place; undefined where nothing is known
   */
  ofOption(name: string, known: readonly string[]): string | undefined;
  /**
   * @param options - what a bucket is made of
   * @returns what is wrong with all of it; undefined for nothing that shows from outside
   */
  ofBucketOptions(options: unknown): string | undefined;
  /**
   * @param content - a value that cannot be stored
   * @returns how the sentence "content must be …" goes on; empty where nothing is known
   */
  ofContent(content: unknown): string;
}
