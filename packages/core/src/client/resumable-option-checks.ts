import { hasMethods, type OptionChecks, optional, passing, text } from './option-parsing.js';
import type { PutOptions } from './option-types.js';
import { uploadOptionsSchema } from './put-option-checks.js';

/** The checks of {@link PutOptions}: of an upload that can be gone on with. */
export const putOptionsSchema: OptionChecks<PutOptions> = {
  ...uploadOptionsSchema,
  checkpoint: optional(
    passing(hasMethods('open'), 'must be a checkpoint store: fileCheckpoint(…), or an object with open'),
  ),
  sourceState: optional(text),
};
