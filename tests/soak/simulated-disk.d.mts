import type { Plugin } from 'esbuild';

export const simulatedDisk: Plugin;
