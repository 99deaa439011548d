import type { FetchFunction } from '../fetch-function.js';

/** The runtime's `fetch`. Called as a function of the global object: browsers refuse any other receiver. */
export const runtimeFetch: FetchFunction = (url, init) => globalThis.fetch(url, init);
