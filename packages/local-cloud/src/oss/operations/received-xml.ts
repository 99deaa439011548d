import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { OssError } from '../http/oss-error.js';
import { parseXml } from '../http/xml-request.js';
import type { OperationContext } from './operation.js';
import { assertContentMd5, assertPayloadSha256 } from './received-content.js';

/**
 * The request's body as text, after Content-MD5 and the signed hash were checked.
 * @throws {OssError} `MalformedXML` when it is longer, `InvalidDigest`, `InvalidArgument`.
 */
export async function receiveText(context: OperationContext, limitBytes: number): Promise<string> {
  const bytes = await context.request.body.bytes(limitBytes);
  if (!bytes) throw new OssError('MalformedXML', { message: `The XML is longer than ${limitBytes} bytes.` });
  const { headers } = context.request;
  assertContentMd5(headers['content-md5'], createHash('md5').update(bytes).digest());
  assertPayloadSha256(context.payloadSha256, createHash('sha256').update(bytes).digest('hex'));
  return bytes.toString('utf8');
}

/** What an XML document says, by its schema. @throws {OssError} `MalformedXML`. */
export function readXml<Schema extends z.ZodType>(
  text: string,
  root: string,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(parseXml(text, root));
  if (!parsed.success) throw new OssError('MalformedXML');
  return parsed.data;
}

/** Reads an XML body by its schema. @throws {OssError} See {@link receiveText} and {@link readXml}. */
export async function receiveXml<Schema extends z.ZodType>(
  context: OperationContext,
  root: string,
  schema: Schema,
  limitBytes: number = 64 * 1024,
): Promise<z.output<Schema>> {
  return readXml(await receiveText(context, limitBytes), root, schema);
}
