import { TransportError } from '../errors/errors.js';

/**
 * A module that is loaded when it is needed first, and kept: to import what is there costs some time too. What could not
 * be loaded is loaded again by the next call.
 *
 * @param load - imports it
 * @returns what gives the module
 * @throws TransportError when it cannot be loaded. It is not retryable: a runtime may remember that a module failed
 */
export function lazyModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | undefined;
  return () => {
    loading ??= load().catch(() => {
      loading = undefined;
      throw new TransportError(
        'A module of this package could not be loaded. Check the network, and that all files of the page are served: those ' +
          'of an older version too, as long as a page may use them.',
        { retryable: false },
      );
    });
    return loading;
  };
}
