import type { KeyProvider } from '@oss-envelope/core';
import type { Pace } from './pace.js';

/**
 * A key provider whose calls to a service wait for their turn. Only for one that calls a service, such as KMS: an RSA pair
 * has nothing to wait for. It calls again after a refusal, so make the provider with `retries: 0`.
 */
export function pacedProvider(provider: KeyProvider, pace: Pace): KeyProvider {
  const paced: KeyProvider = {
    get materialDescription() {
      return provider.materialDescription;
    },
    get wraps() {
      return provider.wraps;
    },
    get unwraps() {
      return provider.unwraps;
    },
    get bindsContext() {
      return provider.bindsContext;
    },
    // A start value is a text of its own: a second call.
    wrapKey: (request) =>
      pace.run(() => provider.wrapKey(request), {
        requests: request.start === undefined ? 1 : 2,
        repeatable: 'always',
        signal: request.signal,
      }),
    unwrapKey: (request) =>
      pace.run(() => provider.unwrapKey(request), {
        requests: request.wrappedStart === undefined ? 1 : 2,
        repeatable: 'always',
        signal: request.signal,
      }),
  };
  if (provider.deriveSecret !== undefined) {
    // Made of a key at hand: no service has one to give.
    paced.deriveSecret = (purpose) => provider.deriveSecret?.(purpose) ?? Promise.resolve(undefined);
  }
  return paced;
}
