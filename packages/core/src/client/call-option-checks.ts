import { adviceAgainstHeader } from '../adapter/client-headers.js';
import { InvalidArgumentError } from '../errors/errors.js';
import {
  abortSignal,
  type Check,
  headerText,
  type OptionChecks,
  optional,
  pairsOf,
} from './option-parsing.js';
import type { CallOptions } from './option-types.js';

/** Headers that a caller may set. */
export const callerHeaders: Check<Record<string, string>> = pairsOf((argument, value, name) => {
  const advice = adviceAgainstHeader(name);
  if (advice !== undefined) throw new InvalidArgumentError(argument, `must be left out: ${advice}`);
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw new InvalidArgumentError(argument, 'must be named with letters, digits and hyphens');
  }
  return headerText(argument, value);
});

/** The checks of {@link CallOptions}. */
export const callChecks: OptionChecks<CallOptions> = {
  signal: optional(abortSignal),
  headers: optional(callerHeaders),
};
