import type { Target } from './targets.js';

export declare const limits: { readonly timeMs: number; readonly memoryBytes: number };
export declare function faultOf(
  target: Pick<Target, 'run'>,
  input: string,
  isTyped: (error: unknown) => boolean,
): Promise<string | undefined>;
export declare function minimised(
  target: Pick<Target, 'run'>,
  input: string,
  isTyped: (error: unknown) => boolean,
): Promise<string>;
