import { counterReading, signs } from './format-reading.js';
import { formats } from './formats.js';

/** The names of all headers that an envelope of any format can have. */
export function envelopeHeaderNames(): readonly string[] {
  const { sealed, ...counterFormats } = formats;
  const names = Object.values(counterFormats).flatMap(({ name, headers }) => {
    const { parts, ...single } = headers;
    return [
      ...Object.values(single),
      ...counterReading[name].otherDescriptionHeaders,
      ...Object.values(parts ?? {}),
    ];
  });
  const { key, ...single } = sealed.headers;
  const keys = Array.from({ length: sealed.maxRecipients }, (_, index) => `${key}${index + 1}`);
  return [...names, ...Object.values(single), ...keys];
}

/** Whether a header, its name in lower case, belongs to an envelope of any format and so cannot be user metadata. */
export function isEnvelopeHeader(name: string): boolean {
  for (const row of Object.values(formats)) {
    if (signs[row.name](name)) return true;
    if (row.kind === 'counter' && (name === row.headers.contentLength || name === row.headers.contentMd5)) {
      return true;
    }
  }
  return false;
}
