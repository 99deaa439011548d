/** The MD5 of bytes, 16 bytes. Its code is loaded then: most programs need none. */
export async function md5Digest(bytes: Uint8Array): Promise<Uint8Array> {
  const { createMd5 } = await import('#md5');
  const md5 = createMd5();
  md5.update(bytes);
  return md5.digest();
}
