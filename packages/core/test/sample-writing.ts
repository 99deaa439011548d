import { formats } from '../src/envelope/formats.js';
import { ObjectKeys, type ObjectKeysOptions } from '../src/envelope/object-keys.js';
import type { Writing, WritingContext } from '../src/writing/writing-context.js';
import type { MemoryTransport } from './memory-transport.js';
import { toyProvider } from './toy-provider.js';

/** One object to be written, as the client hands it on: the usual options, unless others are given. */
export function sampleWriting(
  transport: MemoryTransport | WritingContext['transport'],
  { context, ...options }: Partial<Omit<Writing, 'context'>> & { context?: Partial<ObjectKeysOptions> } = {},
): Writing {
  const { provider = toyProvider(1), format = 'oss-crypto' } = context ?? {};
  const keys = new ObjectKeys({
    provider,
    recipients: [],
    otherProviders: [],
    format,
    reads: [format],
    context: {},
    bound: 'key',
    keyReuse: {},
    onUnknownDescription: 'error',
    randomBytes: undefined,
    ...context,
  });
  return {
    context: { transport, keys, format, scheme: formats[format].scheme },
    key: 'k',
    headers: { 'content-type': 'application/octet-stream' },
    contentMd5: undefined,
    multipartThresholdBytes: 32 * 1024 * 1024,
    partSizeBytes: undefined,
    concurrency: 3,
    checkpoint: undefined,
    sourceState: '',
    signal: undefined,
    onProgress: undefined,
    ...options,
  };
}
