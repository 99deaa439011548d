import { compareKeys } from './key-order.js';

const mostKeysPerBlock = 512;

/** Where to enter keys that are in order: at a place, behind it, or behind all that begin with it. */
export type Entrance = 'at' | 'behind' | 'behind-prefix';

/** Keys in the order of their UTF-8 bytes. Adding, removing and entering anywhere need no sorting. */
export class KeyIndex {
  // Short sorted blocks, none empty: to put a key in moves no more than one block's keys.
  readonly #blocks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key, unless it is there. */
  add(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      // Behind all: the last block takes it.
      const last = this.#blocks.at(-1);
      if (last === undefined) this.#blocks.push([key]);
      else {
        last.push(key);
        this.#split(this.#blocks.length - 1);
      }
      this.#size++;
      return;
    }
    const place = firstIndex(block, (known) => compareKeys(known, key) >= 0);
    if (block[place] === key) return;
    block.splice(place, 0, key);
    this.#split(at);
    this.#size++;
  }

  /** Removes a key, if it is there. */
  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const place = firstIndex(block, (known) => compareKeys(known, key) >= 0);
    if (block[place] !== key) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
    this.#size--;
  }

  /** Keys from a place on, in order. The index must not change before the iteration ends. */
  *from(place: string, entrance: Entrance): Generator<string, void, undefined> {
    const isInside = isPast(place, entrance);
    const start = firstIndex(this.#blocks, (block) => isInside(block.at(-1) as string));
    for (let at = start; at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as string[];
      for (let i = at === start ? firstIndex(block, isInside) : 0; i < block.length; i++) {
        yield block[i] as string;
      }
    }
  }

  /** The first block whose last key is not before this one. */
  #blockOf(key: string): number {
    return firstIndex(this.#blocks, (block) => compareKeys(block.at(-1) as string, key) >= 0);
  }

  #split(at: number): void {
    const block = this.#blocks[at] as string[];
    if (block.length <= mostKeysPerBlock) return;
    this.#blocks.splice(at + 1, 0, block.splice(block.length >> 1));
  }
}

/** Whether keys are past an entrance: true for all keys behind the first for which it is. */
export function isPast(place: string, entrance: Entrance): (key: string) => boolean {
  if (entrance === 'at') return (key) => compareKeys(key, place) >= 0;
  if (entrance === 'behind') return (key) => compareKeys(key, place) > 0;
  return (key) => compareKeys(key, place) > 0 && !key.startsWith(place);
}

/** The first index whose item passes a test that all items behind it pass too; the length where none does. */
export function firstIndex<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
