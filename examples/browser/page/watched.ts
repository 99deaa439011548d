/** A value, and who wants to know when it changes. */
export interface Watched<T> {
  readonly value: T;
  set(value: T): void;
  /** Calls back now and after each change. */
  watch(watcher: (value: T) => void): void;
}

export function watched<T>(initial: T): Watched<T> {
  let value = initial;
  const watchers: ((value: T) => void)[] = [];
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      for (const watcher of watchers) watcher(value);
    },
    watch(watcher) {
      watchers.push(watcher);
      watcher(value);
    },
  };
}
