import { formats } from './formats.js';

/** The names of all headers that an envelope of any format can have. */
export function envelopeHeaderNames(): readonly string[] {
  const { sealed, ...counterFormats } = formats;
  const names = Object.values(counterFormats).flatMap(({ headers, otherDescriptionHeaders }) => {
    const { parts, ...single } = headers;
    return [...Object.values(single), ...otherDescriptionHeaders, ...Object.values(parts ?? {})];
  });
  const { key, ...single } = sealed.headers;
  const keys = Array.from({ length: sealed.maxRecipients }, (_, index) => `${key}${index + 1}`);
  return [...names, ...Object.values(single), ...keys];
}
