import * as z from 'zod/mini';
import { decodeBase64 } from '../encoding/base64.js';
import { MalformedEnvelopeError } from '../errors/errors.js';

const notBase64 = 'is not base64 (RFC 4648, padded, one line)';
export const headerText: z.ZodMiniString = z.string().check(z.maxLength(8192, 'is longer than 8 KB'));
export const wrappedBytes: z.ZodMiniType<Uint8Array<ArrayBuffer>> = z.pipe(
  headerText,
  z.transform((text: string, context) => {
    const bytes = decodeBase64(text.trim());
    if (bytes !== undefined && bytes.length > 0) return bytes;
    context.issues.push({ code: 'custom', message: notBase64, input: text });
    return z.NEVER;
  }),
);
export const md5Text: z.ZodMiniType<string> = headerText.check(
  z.refine((text) => decodeBase64(text)?.length === 16, 'is not the base64 of an MD5'),
);

/**
 * The value of a header by its schema.
 *
 * @throws MalformedEnvelopeError that names the header, never its value
 */
export function parseHeader<T>(name: string, value: unknown, schema: z.ZodMiniType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MalformedEnvelopeError(
    `The metadata header ${name} ${result.error.issues[0]?.message ?? 'does not parse'}. ` +
      'The object was written by a tool that does not follow the format, or its metadata were changed.',
  );
}
