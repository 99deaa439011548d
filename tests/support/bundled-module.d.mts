import type { Plugin } from 'esbuild';

export function importBundled<Module>(url: URL, plugins?: readonly Plugin[]): Promise<Module>;
