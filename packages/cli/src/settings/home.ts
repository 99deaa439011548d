import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * A path in the home folder of this user. Undefined where there is none: a process in a container may have a user without
 * a name, and `HOME` may be empty or no path, which must not become a file of the folder that the program runs in.
 */
export function inHome(names: readonly string[], homeOf: () => string = homedir): string | undefined {
  let home: string;
  try {
    home = homeOf();
  } catch {
    return undefined;
  }
  return isAbsolute(home) ? join(home, ...names) : undefined;
}
