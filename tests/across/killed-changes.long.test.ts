import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EncryptedBucket, type FormatName } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { expect, it } from 'vitest';
import { attributesOf } from '../support/object-attributes.js';
import { aliOssClient, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const oldPair = {
  ...(await rsaPair()),
  materialDescription: { key: '2026' },
};
const newPair = {
  ...(await rsaPair(1)),
  materialDescription: { key: '2027' },
};
const program = fileURLToPath(new URL('../support/programs/change-object.mjs', import.meta.url));
const small = randomBytes(40_000);
const large = randomBytes(4 * 1024 * 1024 + 100_000);

interface Change {
  readonly name: string;
  readonly call: 'reencrypt' | 'rename' | 'rewrap';
  readonly args: readonly unknown[];
  readonly format: FormatName;
  readonly content: Buffer;
  /** The requests that it makes when nobody kills it. */
  readonly requests: number;
}

const changes: readonly Change[] = [
  {
    name: 'rewrap of a sealed object',
    call: 'rewrap',
    args: ['k'],
    format: 'sealed',
    content: small,
    requests: 4,
  },
  {
    name: 'rewrap of a documented one',
    call: 'rewrap',
    args: ['k'],
    format: 'oss-crypto',
    content: small,
    requests: 4,
  },
  { name: 'rename', call: 'rename', args: ['k', 'l'], format: 'sealed', content: small, requests: 6 },
  {
    name: 'reencrypt in one request',
    call: 'reencrypt',
    args: ['k'],
    format: 'sealed',
    content: small,
    requests: 4,
  },
  {
    name: 'reencrypt in parts',
    call: 'reencrypt',
    args: ['k', { format: 'client-side-encryption', partSizeBytes: 2 * 1024 * 1024, concurrency: 1 }],
    format: 'sealed',
    content: large,
    requests: 9,
  },
];

/** What changes something on the server. */
const writes = /^(CopyObject|CompleteMultipartUpload|DeleteObject|PutObject)$/;

it.each(changes)(
  '$name, killed between any two requests: all is as before or as after',
  {
    timeout: 240_000,
  },
  async ({ call, args, format, content, requests }) => {
    expect(
      existsSync(fileURLToPath(new URL('../../packages/core/dist/index.js', import.meta.url))),
      'build first',
    ).toBe(true);
    const paths = await Promise.all(
      [oldPair, newPair].map(async (pair, index) => {
        const path = join(world.folder, `pair-${index}`);
        await writeFile(path, JSON.stringify(pair));
        return path;
      }),
    );
    const [, transportOf] = transports[0] as (typeof transports)[number];
    const bucketOf = (
      pair: typeof oldPair,
      reads: FormatName[] = ['sealed', 'oss-crypto', 'client-side-encryption'],
    ) => new EncryptedBucket({ transport: transportOf(world), provider: rsaProvider(pair), format, reads });
    const options = { metadata: { author: 'Horace' }, headers: { 'x-oss-object-acl': 'private' as const } };

    let seen = 0;
    /** Kills the program when its nth request is there: before the server serves it, or after. */
    const run = (nth: number, isServed: boolean): Promise<string> =>
      new Promise((resolve, reject) => {
        let child: ChildProcess | undefined;
        let count = 0;
        let operation = 'none';
        const fault = world.oss.faults.add({
          kind: isServed ? 'lost-response' : 'reset-request',
          match: (subject) => {
            if (++count !== nth) return false;
            operation = subject.operation;
            child?.kill('SIGKILL');
            return true;
          },
        });
        const config = JSON.stringify({ call, args, format });
        child = spawn(process.execPath, [program, world.oss.endpoint, config, ...paths]);
        let errors = '';
        child.stderr?.on('data', (text) => (errors += text));
        child.once('exit', (code, signal) => {
          fault.remove();
          seen = count;
          if (signal === 'SIGKILL') resolve(operation);
          else if (code === 0) resolve('done');
          else reject(new Error(errors));
        });
      });

    const outcomes: string[] = [];
    const check = async (what: string): Promise<void> => {
      await expect.poll(() => world.oss.requests.list().filter(({ finished }) => !finished)).toEqual([]);
      const found: string[] = [];
      for (const key of ['k', 'l']) {
        if (!world.oss.hasObject('bucket', key)) continue;
        for (const [age, pair] of [
          ['old', oldPair],
          ['new', newPair],
        ] as const) {
          const bytes = await bucketOf(pair)
            .get(key)
            .then((object) => object.bytes())
            .catch((error) => {
              expect(error, what).toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });
            });
          if (bytes === undefined) continue;
          expect(Buffer.compare(bytes, content), what).toBe(0);
          found.push(`${age} ${key}`);
        }
        const { acl, headers } = await attributesOf(aliOssClient(world), key);
        expect([acl, headers['x-oss-meta-author']], what).toEqual(['private', 'Horace']);
      }
      // The object is there, and each copy of it opens by just one of the keys.
      expect(found, what).not.toEqual([]);
      expect(found.length, what).toBe(['k', 'l'].filter((key) => world.oss.hasObject('bucket', key)).length);
      outcomes.push(found.join(' and '));
    };

    for (let nth = 1; ; nth++) {
      let operation = '';
      for (const isServed of [false, true]) {
        // What is only read changes nothing, served or not.
        if (isServed && !writes.test(operation)) continue;
        await bucketOf(oldPair).put('k', content, options);
        await bucketOf(oldPair).delete('l');
        operation = await run(nth, isServed);
        await check(`killed at request ${nth}, ${operation}, ${isServed ? 'served' : 'not served'}`);
      }
      if (operation === 'done') break;
    }
    expect(seen).toBe(requests);
    const expected = call === 'rename' ? ['old k', 'old k and new l', 'new l'] : ['old k', 'new k'];
    expect([...new Set(outcomes)]).toEqual(expected);
  },
);
