import type { FetchFunction } from '../fetch-function.js';

/** undici's `Dispatcher`, as far as it is used. */
interface Dispatcher {
  dispatch(options: object, handler: object): unknown;
}

/** Where undici, which is Node's `fetch`, keeps the dispatcher of all requests that name no other one. */
const globalDispatcher = Symbol.for('undici.globalDispatcher.1');

/** Options of a HEAD that only undici understands; others pass over a member that they do not know. */
interface HeadInit extends RequestInit {
  readonly dispatcher?: Dispatcher;
}

/**
 * The runtime's `fetch`. Node's closes the connection after each HEAD, as a guard against servers that send a body with
 * the answer (undici, `lib/dispatcher/client-h1.js`). OSS sends none, and a new connection, with its TLS handshake, costs
 * more than the HEAD itself: so it is told to keep it.
 */
export const runtimeFetch: FetchFunction = (url, init) =>
  globalThis.fetch(url, init.method === 'HEAD' ? keepingConnection(init) : init);

function keepingConnection(init: RequestInit): HeadInit {
  const dispatcher = (globalThis as { [globalDispatcher]?: Partial<Dispatcher> })[globalDispatcher];
  if (typeof dispatcher?.dispatch !== 'function') return init;
  const { dispatch } = dispatcher;
  return {
    ...init,
    dispatcher: {
      dispatch: (options, handler) => dispatch.call(dispatcher, { ...options, reset: false }, handler),
    },
  };
}
