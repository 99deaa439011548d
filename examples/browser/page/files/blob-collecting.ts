const blobBytes = 8 * 1024 * 1024;

/** Chunks as one Blob, built of smaller ones, which the browser keeps outside the page and, if they are many, on disk. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const blobs: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    pending.push(chunk as Uint8Array<ArrayBuffer>);
    pendingBytes += chunk.length;
    if (pendingBytes < blobBytes) continue;
    blobs.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  }
  return new Blob([...blobs, ...pending], { type: 'application/octet-stream' });
}
