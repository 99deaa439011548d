import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import { UsageError } from '../output/usage-error.js';

/** A file of headers is a few kilobytes. */
const mostBytes = 1024 * 1024;
const headerObject = z.record(z.string(), z.unknown());

/**
 * Reads headers from a file: a JSON object of names and values, or lines `Name: value` as `curl -I` and `curl -v` print them. Names may
 * lack the prefix `x-oss-meta-`.
 *
 * @throws UsageError when there are no headers in it
 */
export async function readHeadersFile(path: string): Promise<Readonly<Record<string, string>>> {
  const found = await stat(path);
  if (!found.isFile()) throw new UsageError(`${path} is no file.`);
  if (found.size > mostBytes) throw new UsageError(`${path} is too large for a file of headers.`);
  const text = await readFile(path, 'utf8');
  const headers = /^\s*\{/.test(text) ? fromJson(text, path) : fromLines(text);
  if (Object.keys(headers).length === 0) {
    throw new UsageError(`${path} holds no headers: give a JSON object, or lines "Name: value".`);
  }
  return headers;
}

function fromJson(text: string, path: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} begins as JSON, and is none.`);
  }
  const outer = headerObject.parse(value);
  const nested = [outer.headers, outer.metadata, outer.meta].find(
    (found) => headerObject.safeParse(found).success,
  );
  const pairs = headerObject.parse(nested ?? outer);
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, header]) =>
      typeof header === 'string' ? [[full(name), header]] : [],
    ),
  );
}

function fromLines(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^(?:<\s)?\s*([\w-]+)\s*:\s*(.*)$/.exec(line));
  return Object.fromEntries(
    lines.flatMap((found) => (found === null ? [] : [[full(found[1] as string), found[2] as string]])),
  );
}

/** The name with the prefix that metadata have in headers. */
function full(name: string): string {
  const lower = name.toLowerCase();
  return /^(?:oss-crypto|oss-cek|oss-wrap|client-side-encryption-|unencrypted-content-|oss-envelope-|oss-matdesc)/.test(
    lower,
  )
    ? `x-oss-meta-${lower}`
    : lower;
}
