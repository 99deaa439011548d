import type { LocalOss } from '@oss-envelope/local-cloud';

/** What reached a bucket while it was watched. */
export interface WriteWatch {
  /** How often each object was replaced, by key. */
  readonly writes: ReadonlyMap<string, number>;
  /** Requests of all kinds. */
  readonly requests: ReadonlyMap<string, number>;
  /** Objects that were replaced again although nobody had died since they were replaced first. */
  readonly unexplained: readonly string[];
  /** Calls back when so many writes have come, in the middle of the last of them. */
  at(writes: number, call: () => void): void;
  /** A process has died. */
  noteDeath(): void;
}

const replaces = /^(CopyObject|CompleteMultipartUpload|PutObject)$/;

/** Watches what is done to objects of a bucket; what jobs keep of themselves is not one of them. */
export function watchWrites(oss: LocalOss, bucketName: string): WriteWatch {
  const writes = new Map<string, number>();
  const requests = new Map<string, number>();
  const diedBefore = new Map<string, number>();
  const unexplained: string[] = [];
  const calls: { readonly writes: number; readonly call: () => void }[] = [];
  let deaths = 0;
  let count = 0;
  oss.faults.add({
    kind: 'no-crc',
    times: Number.POSITIVE_INFINITY,
    match: ({ bucket, operation, key = '' }) => {
      if (bucket !== bucketName) return false;
      const isOwn = key.startsWith('.oss-envelope/');
      const name = isOwn ? `${operation} of the ledger` : operation;
      requests.set(name, (requests.get(name) ?? 0) + 1);
      if (isOwn || !replaces.test(operation)) return false;
      writes.set(key, (writes.get(key) ?? 0) + 1);
      if (diedBefore.get(key) === deaths) unexplained.push(key);
      diedBefore.set(key, deaths);
      count++;
      while (calls[0] !== undefined && calls[0].writes <= count) calls.shift()?.call();
      return false;
    },
  });
  return {
    writes,
    requests,
    unexplained,
    at(many, call) {
      calls.push({ writes: many, call });
      calls.sort((a, b) => a.writes - b.writes);
    },
    noteDeath() {
      deaths++;
    },
  };
}
