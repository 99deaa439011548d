/** A journal in memory that tests can see and change, with the shape of core's `CheckpointStore`. */
export interface MemoryCheckpoint {
  /** The records, one on each line; undefined when there are none. */
  text: string | undefined;
  /** Called with each record before it is kept; what it throws fails the append. */
  onAppend: (record: string) => void;
  open(): Promise<{
    readonly records: readonly string[];
    append(record: string): Promise<void>;
    clear(): Promise<void>;
    close(): Promise<void>;
  }>;
}

/** A checkpoint store in memory. It is open once at a time. */
export function memoryCheckpoint(text?: string): MemoryCheckpoint {
  let isOpen = false;
  const store: MemoryCheckpoint = {
    text,
    onAppend: () => {},
    async open() {
      if (isOpen) throw new Error('The journal is open already.');
      isOpen = true;
      return {
        records: store.text === undefined ? [] : store.text.split('\n'),
        async append(record) {
          if (record.includes('\n')) throw new Error('A record is one line.');
          store.onAppend(record);
          store.text = store.text === undefined ? record : `${store.text}\n${record}`;
        },
        async clear() {
          store.text = undefined;
        },
        async close() {
          isOpen = false;
        },
      };
    },
  };
  return store;
}
