import type { Headers } from '@oss-envelope/core';

/** Headers as node:http or ali-oss has them, each value as text. */
export function headerTexts(values: Readonly<Record<string, unknown>>): Headers {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(values)) texts[name] = String(values[name]);
  return texts;
}
