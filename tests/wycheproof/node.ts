// The ports of Node.
import { createPrivateKey } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { createAead, createHmacSha512 } from '../../packages/core/src/cipher/node/aead.js';
import { OaepLanes } from '../../packages/provider-rsa/src/port/node/oaep-lanes.js';
import { rsaPort } from '../../packages/provider-rsa/src/port/node/rsa-port.js';
import { runVectors, type SetResult, type VectorSets } from './checks.js';
import { openLabelled } from './labelled.js';

export const run = (sets: VectorSets): Promise<Record<string, SetResult>> =>
  runVectors(sets, {
    rsa: rsaPort,
    createAead,
    createHmacSha512,
    async openOaepSha256(privateKey, label, wrapped) {
      // Our labels are texts; others need what stands below our code.
      if (label.some((byte) => byte > 0x7f)) return openLabelled(privateKey, label, wrapped);
      const text = label.length === 0 ? undefined : new TextDecoder().decode(label);
      return new OaepLanes(createPrivateKey(privateKey), 'SHA-256', text).decrypt(wrapped);
    },
    inflate: async (bytes) => Uint8Array.from(inflateSync(bytes)),
  });
