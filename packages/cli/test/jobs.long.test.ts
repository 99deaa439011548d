import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWorkplace } from './program.js';

const workplace = useWorkplace();
const oldKey = ['--key-folder', 'old', '--description', 'key=2026'];
const newKey = ['--key-folder', 'new', '--description', 'key=2027'];
const both = [...newKey, '--other-key', 'old/.private_key.pem#key=2026'];

beforeAll(async () => {
  for (const name of ['old', 'new', 'strange'])
    await workplace().run(['keygen', 'rsa', name, '--bits', '2048']);
  for (const name of ['a b', '照片', '-dash', 'line\nbreak']) {
    const { code, err } = await workplace().run(['cp', ...oldKey, '-', `oss://photos/jobs/${name}`], {
      input: name,
    });
    expect(code, err).toBe(0);
  }
  await workplace().oss.putObject('photos', 'jobs/plain', new TextEncoder().encode('plain'));
});

const start = (...args: string[]): Promise<{ code: number | null; out: string; err: string }> =>
  workplace().run(['jobs', 'start', '--yes', ...args]);

describe('jobs on the command line', () => {
  it('counts, and needs the names of keys only to say which is the old one', async () => {
    const [report] = await workplace().json([
      'jobs',
      'start',
      '--yes',
      '--task',
      'report',
      ...oldKey,
      '--id',
      'look',
      'oss://photos/jobs/',
    ]);
    expect(report).toMatchObject({
      status: 'complete',
      isBalanced: true,
      tally: {
        listed: 5,
        done: 5,
        byFormat: { sealed: 4, plain: 1 },
        byKey: { 'rsa-oaep-sha256 {"key":"2026"}': 4 },
      },
    });
  });

  it('counts without a key too, and says then that it cannot tell which one is old', async () => {
    const { code, out, err } = await start('--task', 'report', '--id', 'keyless', 'oss://photos');
    expect([code, out], err).toEqual([0, expect.stringMatching(/done +5/)]);
    expect(out).toContain('rsa-oaep-sha256 {"key":"2026"}  4');
    expect(out).toContain('names no key that objects should have');
  });

  it('shows in a dry run what would be done, and does it then', async () => {
    const rewrap = ['--task', 'rewrap', ...both, 'oss://photos/jobs/'];
    const dry = await start(...rewrap, '--dry-run');
    expect(dry.code, dry.err).toBe(0);
    expect(dry.out).toMatch(/done +4/);
    expect(await workplace().run(['cat', ...oldKey, 'oss://photos/jobs/a b'])).toMatchObject({
      code: 0,
      out: 'a b',
    });

    const done = await start(...rewrap);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toMatch(/done +4/);
    expect(done.out).toContain('Keep the old key');
    expect(await workplace().run(['cat', ...newKey, 'oss://photos/jobs/line\nbreak'])).toMatchObject({
      code: 0,
      out: 'line\nbreak',
    });

    const again = await start(...rewrap);
    expect(again.out).toMatch(/skipped +5/);
  });

  it('lists what was not done, takes it again, and ends with the worst status', async () => {
    const verify = ['--task', 'verify', '--id', 'wrong', '--key-folder', 'strange', 'oss://photos/jobs/'];
    expect((await start(...verify)).code).toBe(6);
    const failures = await workplace().run(['jobs', 'failures', 'oss-envelope-wrong', '--output', 'json']);
    expect(failures.code).toBe(1);
    await writeFile(workplace().path('rest.jsonl'), failures.out);
    const rest = await start(
      '--task',
      'verify',
      '--id',
      'rest',
      ...both,
      '--keys-file',
      'rest.jsonl',
      'oss://photos',
    );
    expect(rest.code, rest.err).toBe(0);
    expect(rest.out).toMatch(/done +4/);
  });

  it('pauses, tells how far it is, and goes on', async () => {
    const verify = ['--task', 'verify', '--folder', 'paused', ...newKey, 'oss://photos/jobs/'];
    await start(...verify);
    expect((await workplace().run(['jobs', 'pause', 'paused'])).code).toBe(0);
    const status = await workplace().json(['jobs', 'status', 'paused']);
    expect(status).toMatchObject([{ status: 'complete', tally: { listed: 5 } }]);
    expect((await start(...verify)).code).toBe(0);
    expect(JSON.parse(await readFile(workplace().path('paused/wish.json'), 'utf8'))).toEqual({ wish: 'run' });
    expect((await workplace().run(['jobs', 'report', 'paused'])).code).toBe(0);
  });

  it('asks before it writes, and begins nothing where nobody can be asked', async () => {
    const rewrap = ['jobs', 'start', '--task', 'rewrap', '--id', 'asked', ...both, 'oss://photos'];
    const asked = await workplace().run(rewrap);
    expect([asked.code, asked.err]).toEqual([2, expect.stringMatching(/--yes/)]);
    expect(asked.err).toContain('PUT-type');
    expect(asked.err).toContain('LastModified');
    expect(await readdir(workplace().folder)).not.toContain('oss-envelope-asked');
    const done = await workplace().run([...rewrap, '--yes']);
    expect(done.out).toContain('the old key may be disabled');
    expect(done.code, done.err).toBe(0);
    // Asked again it looks again, and says the same.
    const again = await workplace().run(['jobs', 'report', 'oss-envelope-asked']);
    expect(again.out, again.err).toContain('the old key may be disabled');
  });

  it('says before what all of it takes, and on the way how long it will take', async () => {
    const asked = await workplace().run([
      'jobs',
      'start',
      '--task',
      'rewrap',
      '--id',
      'totals',
      ...both,
      '--objects',
      '1000000',
      'oss://photos/jobs/',
    ]);
    expect(asked.err).toMatch(/About 1,000,000 objects, as you say/);
    expect(asked.err).toMatch(
      /1,001,000 PUT-type and 4,000,000 GET-type requests, 0 calls of KMS, 4[12] min/,
    );
    const part = await workplace().run([
      'jobs',
      'start',
      '--task',
      'rewrap',
      '--id',
      'part',
      ...both,
      'oss://photos/jobs/',
    ]);
    expect(part.err).toMatch(/not known before the end.*--objects/s);
    const whole = await workplace().run([
      'jobs',
      'start',
      '--task',
      'rewrap',
      '--id',
      'whole',
      ...both,
      'oss://photos',
    ]);
    expect(whole.err).toMatch(/The bucket has about 5 objects/);

    const verify = [
      '--task',
      'verify',
      '--folder',
      'half',
      '--objects',
      '10',
      ...newKey,
      'oss://photos/jobs/',
    ];
    await start(...verify);
    // As if only a part of the range were done.
    const path = workplace().path('half/attempts.journal');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const last = JSON.parse(lines.findLast((line) => line.includes('"isDone":true')) as string);
    const startedAt = new Date(Date.parse(last.updatedAt) - 10_000).toISOString();
    await writeFile(path, `${lines[0]}\n${JSON.stringify({ ...last, isDone: false, startedAt })}\n`);
    const [status] = await workplace().json(['jobs', 'status', 'half']);
    expect(status).toMatchObject({
      status: 'open',
      progress: { seen: 5, expected: { objects: 10, by: 'given' }, perSecond: 0.5, secondsLeft: 10 },
    });
    const { out } = await workplace().run(['jobs', 'status', 'half']);
    expect(out).toMatch(/About 50 % of 10 objects seen/);
    expect(out).toMatch(/0\.5 objects a second of late; last sign of work 20\d\d-/);
    expect(out).toMatch(/About 10 s left/);
    await writeFile(workplace().path('half/expectation.json'), 'null');
    const unknown = (await workplace().run(['jobs', 'status', 'half'])).out;
    expect(unknown).toMatch(/not known before the end/);
    expect(unknown).not.toMatch(/left/);
  });

  it('ends with 130 when it is paused or cancelled on the way, or while it looks, and what is done is kept', {
    timeout: 120_000,
  }, async () => {
    const { oss } = workplace();
    // What people want is looked at behind each hundred. At this rate all of them take much longer than the commands between.
    for (let index = 0; index < 1100; index++) {
      await oss.putSyntheticObject('photos', `many/${index}`, { sizeBytes: 1 });
    }
    for (const wish of ['pause', 'cancel'] as const) {
      const job = [
        '--task',
        'report',
        '--folder',
        `on-the-way-${wish}`,
        '--rate',
        '25',
        ...newKey,
        'oss://photos/many/',
      ];
      if (wish === 'pause') oss.faults.add({ kind: 'delay', delayMs: 5000, times: 1 });
      const running = start(...job);
      const status = async () => (await workplace().run(['jobs', 'status', `on-the-way-${wish}`])).code;
      await expect.poll(status, { timeout: 30_000 }).toBe(0);
      expect((await workplace().run(['jobs', wish, `on-the-way-${wish}`])).code).toBe(0);
      const { code, err } = await running;
      expect([code, err]).toEqual([130, expect.stringMatching(/run the same command again/)]);
      expect(await workplace().json(['jobs', 'status', `on-the-way-${wish}`])).toMatchObject([
        { status: wish === 'pause' ? 'paused' : 'cancelled' },
      ]);
    }
    const rest = await start(
      '--task',
      'report',
      '--folder',
      'on-the-way-cancel',
      ...newKey,
      'oss://photos/many/',
    );
    expect([rest.code, rest.out]).toEqual([0, expect.stringMatching(/listed +1100/)]);
    for (let index = 0; index < 1100; index++) await oss.deleteObject('photos', `many/${index}`);
  });

  it('says of a job that was cancelled that it is', async () => {
    const job = ['--task', 'verify', '--folder', 'cancelled', ...newKey, 'oss://photos/jobs/'];
    await start(...job);
    await writeFile(workplace().path('cancelled/attempts.journal'), '');
    expect((await workplace().run(['jobs', 'cancel', 'cancelled'])).code).toBe(0);
    expect(await workplace().json(['jobs', 'status', 'cancelled'])).toMatchObject([{ status: 'cancelled' }]);
  });

  it('refuses a key without a name, by which nobody could see what is done', async () => {
    const { code, err } = await start(
      '--task',
      'rewrap',
      '--id',
      'nameless',
      '--key-folder',
      'new',
      'oss://photos',
    );
    expect([code, err]).toEqual([2, expect.stringMatching(/description/)]);
  });

  it('refuses what cannot be meant, and says what to do', { timeout: 120_000 }, async () => {
    const report = ['jobs', 'start', '--task', 'report'];
    const before = [await readdir(workplace().folder), workplace().oss.keys('photos')];
    for (const [args, what] of [
      [['jobs', 'start', 'oss://photos'], /--task/],
      [['jobs', 'start', '--task', 'rewrap', 'oss://photos'], /No key was named/],
      [['jobs', 'start', '--task', 'rewrap', ...newKey, '--where', 'size=1', 'oss://photos'], /--where/],
      [
        [
          'jobs',
          'start',
          '--task',
          'report',
          ...newKey,
          '--where',
          'modified-since=2026-11-27T08:00:00',
          'oss://photos',
        ],
        /2026-11-27T08:00:00Z/,
      ],
      [
        ['jobs', 'start', '--task', 'rewrap', ...newKey, '--redis', 'redis://:secret@queue', 'oss://photos'],
        /OSS_ENVELOPE_REDIS_URL/,
      ],
      [['jobs', 'work', ...newKey, 'oss://photos'], /where Redis is/],
      [['jobs', 'work', ...newKey, '--redis', 'redis://queue', 'oss://photos/2026/'], /the bucket alone/],
      [[...report, `oss://photos/${'x'.repeat(1024)}`], /source\.prefix/],
      [[...report, '--folder', 'old/.private_key.pem', 'oss://photos'], /cannot be made/],
      [['jobs', 'status', 'oss://photos/jobs'], /is no job/],
      [['jobs', 'status', 'nowhere'], /holds no job/],
    ] as const) {
      const { code, err } = await workplace().run([...args]);
      expect([code, err], args.join(' ')).toEqual([2, expect.stringMatching(what)]);
      expect(err).not.toContain('secret@');
    }
    expect([await readdir(workplace().folder), workplace().oss.keys('photos')]).toEqual(before);
  });

  it('says what to install for many machines', async () => {
    const { code, err } = await workplace().run([
      'jobs',
      'work',
      '--redis',
      'redis://127.0.0.1:1',
      ...newKey,
      'oss://photos',
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/npm install bullmq\S* ioredis/);
    const queue = ['--redis', 'redis://127.0.0.1:1', '--telemetry', ...newKey, 'oss://photos'];
    for (const command of [['work'], ['start', '--yes', '--task', 'report']]) {
      const told = await workplace().run(['jobs', ...command, ...queue]);
      expect([told.code, told.err]).toEqual([
        2,
        expect.stringMatching(/telemetry .*npm install bullmq-otel/),
      ]);
    }
  });
});
