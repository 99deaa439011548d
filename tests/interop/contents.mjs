// What is moved, and which part of it is asked for.
import { createCipheriv, createHash } from 'node:crypto';

const mebibyte = 1024 * 1024;

/** The part size that cuts the large content into three parts. */
export const partSizeBytes = 4 * mebibyte;

/** Bytes that look random and are the same on every machine: the keystream of AES-256-CTR under a key that all can read. */
export function sampleContent(sizeBytes) {
  const key = Buffer.alloc(32, 'content of the interop tests');
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** The objects: how large, and whether they are uploaded in parts. */
export const objects = {
  empty: { sizeBytes: 0 },
  byte: { sizeBytes: 1 },
  mebibyte: { sizeBytes: mebibyte },
  parts: { sizeBytes: 10 * mebibyte + 7, upload: 'put-parts' },
  manager: { sizeBytes: 10 * mebibyte + 7, upload: 'upload-file' },
};

/**
 * What is read: an object whole, or a range of it as first and last byte; `[first, null]` is open, `[null, n]` the last
 * n bytes. A range that is `refused` must be an error.
 */
export const shapes = [
  { name: 'empty', title: 'empty', object: 'empty' },
  { name: 'byte', title: '1 byte', object: 'byte' },
  { name: 'mebibyte', title: '1 MiB', object: 'mebibyte' },
  { name: 'parts', title: '10 MiB + 7, 3 parts', object: 'parts' },
  { name: 'manager', title: 'the same, own up- or downloader', object: 'manager' },
  { name: 'unaligned', title: 'range not aligned to 16', object: 'mebibyte', range: [12_345, 67_890] },
  // From the first part into the second, where a counter that began again with each part would show.
  {
    name: 'across',
    title: 'range across parts',
    object: 'parts',
    range: [partSizeBytes - 21, partSizeBytes + 20],
  },
  { name: 'open', title: 'open range', object: 'mebibyte', range: [mebibyte - 1003, null] },
  { name: 'end', title: 'range at the very end', object: 'mebibyte', range: [mebibyte - 7, mebibyte - 1] },
  { name: 'suffix', title: 'last 7 bytes', object: 'mebibyte', range: [null, 7] },
  {
    name: 'beyond',
    title: 'range beyond the end',
    object: 'mebibyte',
    range: [mebibyte, mebibyte + 15],
    refused: true,
  },
];

/** The bytes that a shape asks for; undefined when it asks for none that there are. */
export function expectedBytes({ object, range, refused }, contents) {
  const content = contents[object];
  if (refused) return undefined;
  if (range === undefined) return content;
  const [first, last] = range;
  if (first === null) return content.subarray(content.length - last);
  return content.subarray(first, last === null ? content.length : last + 1);
}

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
