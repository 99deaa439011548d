import type { WrapAlgorithm } from '../contract/key-provider.js';

/** S15: whether a value can name a wrap algorithm in an envelope. */
export const isWrapAlgorithm = (value: unknown): value is WrapAlgorithm =>
  typeof value === 'string' && /^[\x21-\x7e]{1,64}$/.test(value);
