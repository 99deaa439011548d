import { createSecretKey, type KeyObject } from 'node:crypto';
import process from 'node:process';

/**
 * A key as `createCipheriv`, `createDecipheriv` and `createHmac` take it fastest. From Node 24 on they look first whether
 * it is a KeyObject, by an error that is thrown and caught when it is none: bytes cost four times as much. Before that,
 * bytes cost less than a KeyObject costs to make. The bytes must stay as they are for as long as it is used.
 */
export const opensslKey: (bytes: Uint8Array) => KeyObject | Uint8Array =
  Number.parseInt(process.versions.node, 10) >= 24 ? (bytes) => createSecretKey(bytes) : (bytes) => bytes;
