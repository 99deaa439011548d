import type { EncryptionContext } from '../contract/key-provider.js';
import { ObjectMismatchError } from '../errors/errors.js';

/**
 * S11: each pair that the reader asks for must be there. The error names pairs, never values.
 *
 * @param found - the object's context; none where its format has no such thing
 * @throws ObjectMismatchError
 */
export function assertContext(found: EncryptionContext, asked: EncryptionContext): void {
  for (const [name, value] of Object.entries(asked)) {
    if (Object.hasOwn(found, name) && found[name] === value) continue;
    const what = Object.hasOwn(found, name) ? 'another value for' : 'no';
    throw new ObjectMismatchError(
      `The object is of another context: it has ${what} ${JSON.stringify(name).slice(0, 100)}. Check that it is the object ` +
        'that you mean, or ask for less by `context`.',
    );
  }
}
