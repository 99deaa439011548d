import { TransportError } from '../errors/errors.js';

/**
 * A module that is loaded when it is needed first, and kept. What could not be loaded is loaded again by the next call.
 *
 * @throws TransportError when it cannot be loaded
 */
export function lazyModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  // Kept, since to import what is there costs some time too.
  let loading: Promise<Module> | undefined;
  return () => {
    loading ??= load().catch(() => {
      loading = undefined;
      throw new TransportError(
        'A module of this package could not be loaded. Check the network, and that all files of the page are served: those ' +
          'of an older version too, as long as a page may use them.',
        // A runtime may remember that a module failed.
        { retryable: false },
      );
    });
    return loading;
  };
}
