import { formats } from '../src/envelope/formats.js';
import type { Writing, WritingContext } from '../src/writing/writing-context.js';
import type { MemoryTransport } from './memory-transport.js';
import { toyProvider } from './toy-provider.js';

/** One object to be written, as the client hands it on: the usual options, unless others are given. */
export function sampleWriting(
  transport: MemoryTransport | WritingContext['transport'],
  { context, ...options }: Partial<Omit<Writing, 'context'>> & { context?: Partial<WritingContext> } = {},
): Writing {
  const provider = context?.provider ?? toyProvider(1);
  const format = context?.format ?? 'oss-crypto';
  return {
    context: {
      transport,
      provider,
      format,
      scheme: formats[format].scheme,
      randomBytes: undefined,
      providers: [provider],
      onUnknownDescription: 'error',
      ...context,
    },
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
