import type { Md5 } from '../encoding/md5.js';
import { loaded } from './lazy-module.js';

/** A running MD5. Its code is loaded then: most programs need none. */
export async function startMd5(): Promise<Md5> {
  const { createMd5 } = await loaded(import('#md5'));
  return createMd5();
}

/** The MD5 of bytes, 16 bytes. */
export async function md5Digest(bytes: Uint8Array): Promise<Uint8Array> {
  const md5 = await startMd5();
  md5.update(bytes);
  return md5.digest();
}
