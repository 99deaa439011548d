import { OutOfRangeError } from '@oss-envelope/core';
import { functionOption, isBytes } from '@oss-envelope/core/adapter';

/** Gives a fresh array of as many bytes as it is asked for. */
export type RandomSource = (lengthBytes: number) => Uint8Array;

/**
 * The source of an option `randomBytes`, whose bytes are looked at; by default the runtime's cryptographic generator.
 *
 * @throws InvalidArgumentError when the option is no function
 */
export function randomSource(option: RandomSource | undefined): RandomSource {
  return checkedRandomBytes(functionOption('randomBytes', option, cryptographicRandomBytes));
}

function cryptographicRandomBytes(lengthBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(lengthBytes));
}

/** So many zeros do not happen by chance. */
const leastBytesNotZero = 16;

function checkedRandomBytes(source: RandomSource): RandomSource {
  return (lengthBytes) => {
    const bytes = source(lengthBytes);
    if (!isBytes(bytes) || bytes.length !== lengthBytes) {
      throw new OutOfRangeError('randomBytes', `must give as many bytes as it is asked for (${lengthBytes})`);
    }
    if (lengthBytes >= leastBytesNotZero && bytes.every((byte) => byte === 0)) {
      throw new OutOfRangeError('randomBytes', 'must give random bytes: it gave zeros only');
    }
    return bytes;
  };
}
