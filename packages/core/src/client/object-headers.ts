import { lazyModule } from '../adapter/lazy-module.js';
import type { PutOptions } from './option-types.js';

/** Most objects have neither headers nor metadata of their own: a page loads their checks with the first that has. */
const own = lazyModule(() => import('./own-headers.js'));

/**
 * The headers of an object to be stored, without its envelope.
 *
 * @throws InvalidArgumentError for headers that are not the caller's to set, and for metadata that cannot be stored
 */
export async function objectHeaders(options: PutOptions): Promise<Record<string, string>> {
  const { headers, metadata } = options;
  const isOwn = headers !== undefined || metadata !== undefined;
  const stored: Record<string, string> = isOwn ? (await own()).ownHeaders({ headers, metadata }) : {};
  stored['content-type'] = options.contentType ?? 'application/octet-stream';
  if (options.forbidOverwrite) stored['x-oss-forbid-overwrite'] = 'true';
  return stored;
}
