import { loaded } from '../adapter/lazy-module.js';
import { unlessAborted } from '../adapter/unless-aborted.js';
import type { Content } from '../writing/source.js';
import type { PutOptions } from './option-types.js';

/**
 * The headers of an object to be stored, without its envelope.
 *
 * @param content - what was opened to be stored with them. It is handed back when they are refused
 * @throws InvalidArgumentError for headers that are not the caller's to set, and for metadata that cannot be stored
 * @throws the signal's reason, while what checks them is loaded
 */
export async function objectHeaders(options: PutOptions, content?: Content): Promise<Record<string, string>> {
  const { headers, metadata, signal } = options;
  let stored: Record<string, string> = {};
  // Most objects have neither headers nor metadata of their own: a page loads their checks with the first that has.
  if (headers || metadata) {
    const { ownHeaders } = await unlessAborted(loaded(import('./own-headers.js')), signal);
    stored = ownHeaders(options, content);
  }
  stored['content-type'] = options.contentType ?? 'application/octet-stream';
  if (options.forbidOverwrite) stored['x-oss-forbid-overwrite'] = 'true';
  return stored;
}
