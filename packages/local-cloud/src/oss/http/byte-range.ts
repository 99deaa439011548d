/** Bytes [startBytes, endBytes) of an object. */
interface ByteSpan {
  startBytes: number;
  endBytes: number;
}

/**
 * What a Range header comes to:
 * `whole`: no range, or one that OSS ignores. `part`: a 206 answer. `unsatisfiable`: a 416 answer.
 */
type RangeOutcome = { kind: 'whole' } | ({ kind: 'part' } & ByteSpan) | { kind: 'unsatisfiable' };

const singleRange = /^bytes=(\d*)-(\d*)$/;
const firstOfSeveral = /^(bytes=\d*-\d*)\s*,/;

/**
 * Resolves a Range header against an object's size, as the OSS documentation of GetObject says. Without
 * `x-oss-range-behavior: standard`, a range that is malformed or not wholly inside the object gives the whole object
 * with status 200, and only the first of several ranges counts. With it, the end is clipped. A start past the end
 * gives 416, and so do several ranges.
 * @param header The value of Range, if any.
 * @param sizeBytes Size of the object.
 * @param standard Whether `x-oss-range-behavior: standard` was sent.
 */
export function resolveRange(header: string | undefined, sizeBytes: number, standard: boolean): RangeOutcome {
  if (header === undefined) return { kind: 'whole' };
  const unusable: RangeOutcome = { kind: standard ? 'unsatisfiable' : 'whole' };
  const several = firstOfSeveral.exec(header.trim());
  if (several && standard) return unusable;
  const match = singleRange.exec(several ? several[1]! : header.trim());
  if (!match) return { kind: 'whole' };
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return { kind: 'whole' };

  if (first === '') {
    const suffixBytes = Number(last);
    if (suffixBytes === 0 || sizeBytes === 0) return unusable;
    if (suffixBytes > sizeBytes && !standard) return { kind: 'whole' };
    return { kind: 'part', startBytes: Math.max(0, sizeBytes - suffixBytes), endBytes: sizeBytes };
  }

  const startBytes = Number(first);
  if (startBytes >= sizeBytes) return unusable;
  if (last === '') return { kind: 'part', startBytes, endBytes: sizeBytes };
  const endBytes = Number(last) + 1;
  if (endBytes <= startBytes) return { kind: 'whole' };
  if (endBytes > sizeBytes && !standard) return { kind: 'whole' };
  return { kind: 'part', startBytes, endBytes: Math.min(endBytes, sizeBytes) };
}
