// For esbuild: the simulated disk in the place of core's.
import { fileURLToPath } from 'node:url';

const diskPath = fileURLToPath(new URL('disk.ts', import.meta.url));

export const simulatedDisk = {
  name: 'simulated disk',
  setup({ onResolve }) {
    onResolve({ filter: /^node:fs\/promises$/ }, ({ importer }) =>
      /[\\/]packages[\\/]core[\\/]src[\\/]/.test(importer) ? { path: diskPath } : undefined,
    );
  },
};
