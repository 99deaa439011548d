// Mutants that no test finds, and why: survivors.json. They are known by what they change, not by where it stands.
import { readFile } from 'node:fs/promises';

const list = new URL('survivors.json', import.meta.url);

/** @returns rows of `{ file, line, from, to, reason }`: the text of the line, what of it is replaced, and by what */
export const readSurvivors = async () => JSON.parse(await readFile(list, 'utf8'));

/** The text of a source between two places, which count from 1. */
function textAt(lines, { start, end }) {
  if (start.line === end.line) return lines[start.line - 1].slice(start.column - 1, end.column - 1);
  return [
    lines[start.line - 1].slice(start.column - 1),
    ...lines.slice(start.line, end.line - 1),
    lines[end.line - 1].slice(0, end.column - 1),
  ].join('\n');
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** A mutant of a report of Stryker as it stands in the list. */
export function described(file, source, { location, replacement }) {
  const lines = source.split('\n');
  return {
    file,
    line: oneLine(lines[location.start.line - 1]),
    from: oneLine(textAt(lines, location)),
    to: oneLine(replacement ?? ''),
  };
}

export const isSame = (a, b) => a.file === b.file && a.line === b.line && a.from === b.from && a.to === b.to;
