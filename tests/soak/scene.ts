// What a run works on, and what must be there in the end.
import { createCipheriv, createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Format, RunPlan } from './plan.js';

/** The size of a part of an upload; a multiple of what every format wants. */
export const partSizeBytes = 114_688;
/** The size of a range of a download. */
export const rangeSizeBytes = 50_000;
const mebibyte = 1024 * 1024;
/** An object that is encrypted anew in parts is larger than 4 MiB. */
const largeBytes = 4 * mebibyte + 300_001;
export const metadata = { author: 'Horace' };

/** Names and contents of a run. */
export interface Scene {
  readonly key: string;
  /** Where a copy goes. */
  readonly otherKey: string;
  readonly folder: string;
  readonly source: string;
  readonly target: string;
  readonly checkpoint: string;
  readonly content: Uint8Array;
  /** What is replaced; undefined for nothing. */
  readonly previous: Uint8Array | undefined;
  readonly fromFormat: Format;
}

/** What is where. Objects as `stateText` says it, files and results by their digest. */
export interface Places {
  readonly object: string;
  readonly other: string;
  readonly file: string;
}

/** How a run may end. */
export interface Ends {
  /** What is where when the call says that it succeeded; or the code of an error that it must end with. */
  readonly success: Places | { readonly refusal: string };
  /** What may be where when the call failed, or its process died. */
  readonly failure: readonly Places[];
  /** What the call gives. */
  readonly result: string;
}

export const absent = 'absent';

/** The same bytes for the same text. */
export function bytesOf(text: string, sizeBytes: number): Uint8Array {
  const key = createHash('sha256').update(text).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** A short name of content. */
export function digestOf(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
}

/** An object in words: which key opens it, how it is stored, what is in it, and whose it is. */
export function stateText(
  openedBy: string,
  format: string,
  content: Uint8Array,
  author: string | undefined,
): string {
  return `opens by the ${openedBy} key, ${format}, ${digestOf(content)}, of ${author}`;
}

/** Whether content is encrypted anew in parts. */
export function isLarge({ operation, way }: RunPlan): boolean {
  return operation === 'reencrypt' && way < 0.12;
}

function sizeOf(plan: RunPlan): number {
  if (isLarge(plan)) return largeBytes;
  if (plan.operation === 'parts' || plan.operation === 'resumed upload') {
    return plan.parts * partSizeBytes + plan.restBytes;
  }
  if (plan.operation === 'ranges' || plan.operation === 'resumed download') {
    return plan.parts * rangeSizeBytes + plan.restBytes;
  }
  return plan.sizeBytes;
}

/** The size of the largest body that a call moves in one request, about. */
export function largestBodyBytes(plan: RunPlan): number {
  const { operation } = plan;
  if (isLarge(plan)) return mebibyte;
  if (operation === 'parts' || operation === 'resumed upload') return partSizeBytes;
  if (operation === 'ranges' || operation === 'resumed download') return rangeSizeBytes;
  return Math.max(1, plan.sizeBytes);
}

/** The scene of a run, in a folder of its own. */
export function sceneOf(plan: RunPlan, folder: string): Scene {
  const name = `${plan.seed} ${plan.run}`;
  return {
    key: `run ${plan.run}/k`,
    otherKey: `run ${plan.run}/l`,
    folder,
    source: join(folder, 'source'),
    target: join(folder, 'target'),
    checkpoint: join(folder, 'checkpoint'),
    content: bytesOf(`content ${name}`, sizeOf(plan)),
    previous: plan.replaces ? bytesOf(`previous ${name}`, 777) : undefined,
    // The keys of the old object are of the same kind, which must know its format.
    fromFormat: plan.provider === 'aes' || plan.provider === 'age' ? 'sealed' : plan.fromFormat,
  };
}

/** A part of plaintext that a read asks for. */
export function rangeOf(plan: RunPlan): { readonly offsetBytes: number; readonly lengthBytes: number } {
  return {
    offsetBytes: 1 + Math.floor(plan.strike.progress * rangeSizeBytes),
    lengthBytes: rangeSizeBytes - 17,
  };
}

/** How a run may end. */
export function endsOf(plan: RunPlan, scene: Scene): Ends {
  const { operation, format } = plan;
  const { content, previous, fromFormat } = scene;
  const object = (openedBy: string, stored: string, bytes: Uint8Array): string =>
    stateText(openedBy, stored, bytes, metadata.author);
  const old = previous === undefined ? absent : object('new', format, previous);
  const written = object('new', format, content);
  const none = { other: absent, file: absent };
  switch (operation) {
    case 'put':
    case 'parts':
    case 'resumed upload': {
      const after = { ...none, object: written };
      return { success: after, failure: [{ ...none, object: old }, after], result: 'nothing' };
    }
    case 'get':
    case 'ranges':
    case 'resumed download': {
      const file = previous === undefined ? absent : digestOf(previous);
      const before = { object: written, other: absent, file };
      const after = writesFile(plan) ? { ...before, file: digestOf(content) } : before;
      const { offsetBytes, lengthBytes } = rangeOf(plan);
      const read =
        downloadWay(plan) === 'range' ? content.subarray(offsetBytes, offsetBytes + lengthBytes) : content;
      return {
        success: after,
        failure: [before, after],
        result: writesFile(plan) ? 'nothing' : digestOf(read),
      };
    }
    case 'rewrap': {
      const before = { ...none, object: object('old', format, content) };
      if (format === 'client-side-encryption') {
        return { success: { refusal: 'ERR_REENCRYPTION_NEEDED' }, failure: [before], result: 'nothing' };
      }
      const after = { ...none, object: written };
      return { success: after, failure: [before, after], result: 'nothing' };
    }
    case 'reencrypt': {
      const before = { ...none, object: object('old', fromFormat, content) };
      const after = { ...none, object: written };
      return { success: after, failure: [before, after], result: 'nothing' };
    }
    case 'copy':
    case 'rename': {
      const before = { ...none, object: written, other: old };
      const copied = { ...none, object: written, other: written };
      if (operation === 'copy') return { success: copied, failure: [before, copied], result: 'nothing' };
      const moved = { ...none, object: absent, other: written };
      return { success: moved, failure: [before, copied, moved], result: 'nothing' };
    }
  }
}

/** The ways to read an object. */
export type DownloadWay = 'bytes' | 'chunks' | 'file' | 'handle' | 'range' | 'sink';

/** What a change of bytes on the way is not seen by: some of an object that has no tags. */
const changesBytes: ReadonlySet<string> = new Set(['wrong CRC']);

/** How a run reads its object. */
export function downloadWay(plan: RunPlan): DownloadWay {
  const { operation, fault, second, format, way } = plan;
  const isOfDisk = fault === 'full disk' || fault === 'power cut' || fault === 'SIGKILL';
  if (operation === 'resumed download' || isOfDisk) return 'file';
  if (operation === 'get') return (['bytes', 'chunks', 'file'] as const)[Math.floor(way * 3)]!;
  // The formats in counter mode do not authenticate a range: their checksum is that of the whole.
  const isSeen = format === 'sealed' || !(changesBytes.has(fault) || changesBytes.has(second?.fault ?? ''));
  if (!isSeen) return way < 0.6 ? 'file' : 'sink';
  return (['file', 'sink', 'range', 'handle'] as const)[Math.floor(way * 4)]!;
}

/** Whether a run ends in a file. */
export function writesFile(plan: RunPlan): boolean {
  const { operation } = plan;
  const isDownload = operation === 'get' || operation === 'ranges' || operation === 'resumed download';
  return isDownload && downloadWay(plan) === 'file';
}
