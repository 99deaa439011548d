import { generateKeyPairSync, type KeyObject, publicEncrypt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { OaepLanes } from './oaep-lanes.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const wrapped = new Uint8Array(publicEncrypt(pair.publicKey, Uint8Array.of(1, 2, 3)));

it('tells a copy that failed as what it is, tries again, and makes one for each lane', async () => {
  let failures = 1;
  let copies = 0;
  const key = {
    export: (options: never) => {
      if (failures-- > 0) throw new Error('out of memory');
      copies++;
      return pair.privateKey.export(options);
    },
  } as unknown as KeyObject;
  const lanes = new OaepLanes(key, 'SHA-1');
  await expect(lanes.decrypt(wrapped)).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY',
    message: expect.stringContaining("could not be handed to Node's Web Crypto"),
  });
  const most = Math.min(4, availableParallelism());
  for (let call = 0; call < 2 * most; call++) {
    expect(await lanes.decrypt(wrapped)).toEqual(Uint8Array.of(1, 2, 3));
  }
  expect(copies).toBe(most);
  await expect(lanes.decrypt(new Uint8Array(256))).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
});
