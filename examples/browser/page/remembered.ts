/** What the browser remembers of this page from one visit to the next; none of it is secret. */
type RememberedName = 'language' | 'passkey';

/** Null where nothing is remembered, also because the browser keeps nothing for this page. */
export function remembered(name: RememberedName): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name: RememberedName, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then it is asked for again at the next visit.
  }
}
