import { TransportError } from '../errors/errors.js';

/**
 * What `import()` gives, once: the next call imports again. Its own error is of no type, and shows the file's address.
 *
 * @throws TransportError when it cannot be loaded
 */
export function loaded<Module>(module: Promise<Module>): Promise<Module> {
  return module.catch(() => {
    throw new TransportError(
      'A module of this package could not be loaded. Check the network, and that all files of the page are served: those ' +
        'of an older version too, as long as a page may use them.',
      // A runtime may remember that a module failed.
      { retryable: false },
    );
  });
}

/**
 * A module that is loaded when it is needed first, and kept. What could not be loaded is loaded again by the next call.
 *
 * @throws TransportError when it cannot be loaded
 */
export function lazyModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  // Kept, since to import what is there costs some time too. Imports at the same time are one for the runtime.
  let module: Module | undefined;
  return async () => {
    module ??= await loaded(load());
    return module;
  };
}
