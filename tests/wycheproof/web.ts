// The ports of everything else, on Web Crypto alone.
import { createAead, createHmacSha512 } from '../../packages/core/src/cipher/web/aead.js';
import { rsaPort } from '../../packages/provider-rsa/src/port/web/rsa-port.js';
import { runVectors, type SetResult, type VectorSets } from './checks.js';
import { openLabelled } from './labelled.js';

export const run = (sets: VectorSets): Promise<Record<string, SetResult>> =>
  runVectors(sets, {
    rsa: rsaPort,
    createAead,
    createHmacSha512,
    openOaepSha256: openLabelled,
    async inflate(bytes) {
      const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
      const inflated = stream.pipeThrough(new DecompressionStream('deflate'));
      return new Uint8Array(await new Response(inflated).arrayBuffer());
    },
  });
