import { stat } from 'node:fs/promises';
import { assertObjectKey, InvalidArgumentError } from '@oss-envelope/core';
import { compareUtf8 } from '@oss-envelope/core/adapter';
import type { KeyRange } from '../contract/key-range.js';
import type { ObjectSource, SourceItem, SourcePage } from '../contract/object-source.js';
import { FileLines, type Line } from './file-lines.js';
import { rowOf, rowPosition } from './row-position.js';

/** The objects of a file of keys. */
export interface KeyFileSource extends ObjectSource {
  /** Closes what is open for ranges that nobody goes on with. */
  close(): Promise<void>;
}

/** A record of a failure has a key, and some texts that may be long. */
const mostLineBytes = 64 * 1024;

/**
 * The objects that a local file names: one key on each line, or JSON with a member `key` on each, such as the failures of
 * an earlier run. One lane, in the order of the lines, cut by their number; a key may be there more than once. Empty lines
 * are passed over.
 *
 * @param path - a file that does not change while the job is there: positions are the numbers of its lines
 * @throws (its calls) InvalidArgumentError for a file that cannot be read, or is another one than before
 */
export function keyFileSource(path: string, pageSize = 1000): KeyFileSource {
  let known: string | undefined;
  /** Where ranges go on, by where they begin: each stands behind the page that was given last. */
  const open = new Map<string, FileLines>();

  const assertSame = async (): Promise<void> => {
    const found = await stat(path).catch((error: { code?: string }) => {
      throw unusable(path, `cannot be read (${error.code ?? 'no reason given'})`);
    });
    if (!found.isFile()) throw unusable(path, 'is no file');
    const now = `${found.size} ${found.mtimeMs}`;
    known ??= now;
    if (known !== now) throw unusable(path, 'has changed since the job read it first');
  };

  const take = async ({ after }: KeyRange, cursor: string): Promise<FileLines> => {
    const lines = open.get(after);
    // Taken out while it is used: two calls for one range do not share it.
    open.delete(after);
    if (lines?.number === rowOf(cursor)) return lines;
    await lines?.close();
    return new FileLines(path, mostLineBytes);
  };

  let lines: Promise<number> | undefined;

  return {
    lanes: 1,

    async middle({ until }, cursor, signal) {
      await assertSame();
      lines ??= countLines(path, signal).catch((error: unknown) => {
        lines = undefined;
        throw error;
      });
      const from = rowOf(cursor);
      const left = (until === undefined ? await lines : Math.min(rowOf(until), await lines)) - from;
      return left < 2 ? undefined : rowPosition(from + Math.floor(left / 2));
    },

    async count(signal) {
      await assertSame();
      return { objects: await countNames(path, signal), isExact: true };
    },

    async page(range, cursor, signal): Promise<SourcePage> {
      await assertSame();
      const lines = await take(range, cursor);
      let isKept = false;
      try {
        const page = await readPage(lines, range, cursor, pageSize, signal);
        isKept = !page.isLast;
        if (isKept) open.set(range.after, lines);
        return page;
      } catch (error) {
        const code = (error as { code?: unknown } | undefined)?.code;
        if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
          throw unusable(path, `cannot be read (${code})`);
        throw error;
      } finally {
        if (!isKept) await lines.close();
      }
    },
    async close() {
      const all = [...open.values()];
      open.clear();
      await Promise.all(all.map((lines) => lines.close()));
    },
  };
}

async function readPage(
  lines: FileLines,
  { until }: KeyRange,
  cursor: string,
  pageSize: number,
  signal: AbortSignal | undefined,
): Promise<SourcePage> {
  const from = rowOf(cursor);
  const items: SourceItem[] = [];
  const broken: SourcePage['broken'][number][] = [];
  let end: string | undefined;
  while (items.length + broken.length < pageSize) {
    const next = await lines.next(signal);
    if (next === undefined) return { items, broken, end, isLast: true };
    const { number } = lines;
    if (number <= from) continue;
    const position = rowPosition(number);
    if (until !== undefined && compareUtf8(position, until) > 0) return { items, broken, end, isLast: true };
    end = position;
    const found = readLine(next.line, number === 1);
    if (found === undefined) continue;
    if (typeof found === 'string') items.push({ key: found, position });
    else broken.push({ position, message: `Line ${number} ${found.fault}.` });
  }
  return { items, broken, end, isLast: false };
}

async function countLines(path: string, signal: AbortSignal | undefined): Promise<number> {
  const lines = new FileLines(path, 0);
  try {
    while ((await lines.next(signal)) !== undefined);
    return lines.number;
  } finally {
    await lines.close();
  }
}

/** How many lines name something: each is an object, or a failure. */
async function countNames(path: string, signal: AbortSignal | undefined): Promise<number> {
  const lines = new FileLines(path, mostLineBytes);
  let names = 0;
  try {
    for (let next = await lines.next(signal); next !== undefined; next = await lines.next(signal)) {
      if (readLine(next.line, lines.number === 1) !== undefined) names++;
    }
    return names;
  } finally {
    await lines.close();
  }
}

/** The key that a line names; undefined for an empty line. */
function readLine(line: Line, isFirst: boolean): string | { readonly fault: string } | undefined {
  if (line === undefined) return { fault: `is longer than ${mostLineBytes} bytes` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: !isFirst }).decode(line);
  } catch {
    return { fault: 'is no UTF-8' };
  }
  if (text.endsWith('\r')) text = text.slice(0, -1);
  if (text === '') return undefined;
  const key = text.startsWith('{"') ? keyOfRecord(text) : text;
  if (key === undefined) return { fault: 'is no record with a key' };
  try {
    assertObjectKey(key);
    return key;
  } catch {
    return { fault: 'names a key that no object can have' };
  }
}

function keyOfRecord(text: string): string | undefined {
  try {
    const { key } = JSON.parse(text) as { key?: unknown };
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

function unusable(path: string, what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    'source.path',
    `names ${JSON.stringify(path)}, which ${what}. Name a file of keys, and leave it as it is until the job has ended`,
  );
}
