/** The command line cannot be carried out as it is written. Nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
