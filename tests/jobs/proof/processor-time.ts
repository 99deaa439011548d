import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const ticksPerSecond = 100;

/** Processor time, in seconds: of this process, and of those that it started and that have ended, where the system tells. */
export function processorTime(): { readonly own: number; readonly children: number } {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  try {
    // proc(5): what stands behind the name, which may hold anything, begins with field 3; cutime and cstime are 16 and 17.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { own, children: (Number(fields[13]) + Number(fields[14])) / ticksPerSecond };
  } catch {
    return { own, children: Number.NaN };
  }
}
