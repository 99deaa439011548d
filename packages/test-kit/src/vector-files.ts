import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../tests/vectors/', import.meta.url));

/** A file of `tests/vectors`, as bytes. Its README says where each comes from. */
export function readVector(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(folder + name));
}

/** A file of `tests/vectors`, as text. */
export function readVectorText(name: string): string {
  return readFileSync(folder + name, 'utf8');
}

/** The names of the files in `tests/vectors`. */
export function vectorNames(): string[] {
  return readdirSync(folder);
}
