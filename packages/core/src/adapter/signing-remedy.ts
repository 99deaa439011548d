import type { Refusal } from './refusal.js';
import type { ServerClock } from './server-clock.js';

/** Refusals that other credentials may cure. */
const credentialsCodes: ReadonlySet<string | undefined> = new Set([
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
]);

/**
 * The `remedy` of an answer to a signed request: it corrects a clock that is wrong, and replaces credentials that OSS
 * refuses.
 *
 * @param clock - the one that the request was signed by
 * @param rejectCredentials - says that these credentials were refused; returns whether others can be had
 */
export function signingRemedy(
  clock: ServerClock,
  rejectCredentials: () => boolean,
): (refusal: Refusal) => 'clock' | 'credentials' | undefined {
  return ({ error, serverTimeMs }) => {
    if (error.serviceCode === 'RequestTimeTooSkewed' && serverTimeMs !== undefined) {
      return clock.set(serverTimeMs) ? 'clock' : undefined;
    }
    return credentialsCodes.has(error.serviceCode) && rejectCredentials() ? 'credentials' : undefined;
  };
}
