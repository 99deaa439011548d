import { createCRC64, type IHasher } from 'hash-wasm';

// CRC-64/XZ: ECMA-182 polynomial, reflected; bit 63 of a value is the coefficient of x^0.
const polynomial = 0xc96c5795d7870f42n;
const one = 1n << 63n;

const idle: IHasher[] = [];

/** A running CRC-64 (ECMA-182 as OSS computes it, that is CRC-64/XZ) of a byte stream. */
export class Crc64 {
  readonly #hasher: IHasher;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  /** Starts a sum. End it by {@link finish} or {@link abandon}, which give the machinery back. */
  static async start(): Promise<Crc64> {
    const hasher = idle.pop() ?? (await createCRC64());
    hasher.init();
    return new Crc64(hasher);
  }

  /** Adds bytes; they are read before the call returns. */
  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
  }

  /** The sum as an unsigned 64-bit number. The object must not be used afterwards. */
  finish(): bigint {
    const value = BigInt(`0x${this.#hasher.digest('hex')}`);
    idle.push(this.#hasher);
    return value;
  }

  /** Drops the sum. */
  abandon(): void {
    idle.push(this.#hasher);
  }
}

/** The CRC-64 of bytes that are all there. */
export async function crc64Of(bytes: Uint8Array): Promise<bigint> {
  const crc64 = await Crc64.start();
  crc64.update(bytes);
  return crc64.finish();
}

/** a·b modulo the polynomial, in GF(2)[x]. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let term = b;
  for (let bit = 63n; bit >= 0n; bit -= 1n) {
    if ((a >> bit) & 1n) product ^= term;
    term = term & 1n ? (term >> 1n) ^ polynomial : term >> 1n;
  }
  return product;
}

// squares[k] = x^(8·2^k), so that x^(8n) is the product over the bits of n.
const squares: bigint[] = [one >> 8n];
const shifts = new Map<number, bigint>();

/** x^(8·n) modulo the polynomial: what n further bytes do to a sum. */
function shiftOf(bytes: number): bigint {
  const known = shifts.get(bytes);
  if (known !== undefined) return known;
  let shift = one;
  for (let k = 0, rest = bytes; rest > 0; k += 1, rest = Math.floor(rest / 2)) {
    squares[k] ??= multiply(squares[k - 1]!, squares[k - 1]!);
    if (rest % 2 === 1) shift = multiply(squares[k]!, shift);
  }
  if (shifts.size >= 64) shifts.clear();
  shifts.set(bytes, shift);
  return shift;
}

/**
 * The CRC-64 of two byte strings after one another, from their own sums.
 * @param secondBytes Length of the second one in bytes.
 */
export function combineCrc64(first: bigint, second: bigint, secondBytes: number): bigint {
  return multiply(shiftOf(secondBytes), first) ^ second;
}
