import type { Target } from './targets.js';

export declare function generator(seed: number): () => number;
export declare function mutator(target: Pick<Target, 'syntax' | 'seeds'>, random: () => number): () => string;
