/** The error that a promise rejects with. @throws when it does not reject */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

/** Waits until something holds. @throws when it does not hold within twenty seconds */
export async function until(
  holds: () => boolean,
  complaint: () => string = () => 'it did not come about within twenty seconds',
): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
