import type { CheckpointStore } from '../src/index.js';

/** A checkpoint store whose text tests can see and change. */
export function memoryStore(): CheckpointStore & { text: string | undefined } {
  return {
    text: undefined,
    async load() {
      return this.text;
    },
    async save(text) {
      this.text = text;
    },
    async delete() {
      this.text = undefined;
    },
  };
}
