/**
 * All chunks in one new array.
 *
 * @param areNew - whether each chunk is new, too, and nobody else has it: one alone is handed on as it is
 */
export async function joinChunks(
  chunks: AsyncIterable<Uint8Array>,
  areNew = false,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    sizeBytes += chunk.length;
  }
  const [first] = parts;
  if (areNew && parts.length === 1 && first?.buffer.byteLength === sizeBytes) {
    return first as Uint8Array<ArrayBuffer>;
  }
  const bytes = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
