// One run: a scene, a call under faults, what is there then; and the same call without faults, where it failed.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EncryptedBucket, isOssEnvelopeError, type ObjectInfo } from '@oss-envelope/core';
import { generator } from '../fuzz/mutation.mjs';
import { bucketOf, makeCall } from './call.js';
import { disk } from './disk.js';
import { type Complaint, judge, type Outcome, type Seen } from './judgement.js';
import { callAndKill } from './killing.js';
import { danglingUploads, listenersOf, openFiles, openRequests } from './leaks.js';
import type { RunPlan } from './plan.js';
import { absent, digestOf, endsOf, metadata, type Places, type Scene, sceneOf, stateText } from './scene.js';
import { seenError } from './seen-error.js';
import { dropUploads, type Station, soundAccess } from './station.js';
import { type Strikes, strike } from './strike.js';

/** What came of a run. */
export interface RunReport {
  readonly outcome: Outcome['kind'];
  /** Of the error, if the call failed. */
  readonly code: string | undefined;
  readonly isStruck: boolean;
  readonly complaints: readonly Complaint[];
  /** What a process that died, or an answer that was lost, left for a clean-up that the documentation names. */
  readonly left: { readonly files: number; readonly uploads: number };
}

/** Changes things behind everybody's back, after the call under faults: how a check is checked. */
export type Tampering = (scene: Scene, station: Station) => Promise<Partial<Seen> | undefined>;

/** The rejections that nobody handled since they were last asked for. */
export interface UnhandledRejections {
  take(): Promise<string[]>;
}

/** Makes one run. */
export async function runOnce(
  plan: RunPlan,
  station: Station,
  rejections: UnhandledRejections,
  tamper: Tampering = async () => undefined,
): Promise<RunReport> {
  const { oss } = station;
  const folder = join(station.folder, `run-${plan.run}`);
  await mkdir(folder);
  const scene = sceneOf(plan, folder);
  const ends = endsOf(plan, scene);
  const reader = await readerOf(plan, station);
  await prepare(plan, scene, station);
  oss.requests.clear();

  const strikes = await strike(plan, station, scene);
  let outcome: Outcome;
  let isStruck: boolean;
  let first: Seen;
  try {
    if (plan.fault === 'SIGKILL') {
      outcome = await callAndKill(plan, scene, station, strikes.access);
      isStruck = outcome.kind === 'died';
    } else {
      const bucket = await bucketOf(plan, strikes.access);
      outcome = await underSignal((signal) => makeCall(plan, scene, bucket, signal));
      if (plan.fault === 'power cut') outcome = await afterPowerCut(plan, scene, outcome);
      isStruck = strikes.isStruck() || plan.fault === 'power cut';
    }
    first = await seen(plan, scene, station, reader, { outcome, isRepeated: false, strikes });
  } finally {
    strikes.end();
    disk.stop();
  }
  const told = await tamper(scene, station);
  if (told !== undefined) first = { ...first, ...told, places: await placesOf(plan, scene, station, reader) };

  let repeated: Seen | undefined;
  const isDone = 'refusal' in ends.success ? false : isSame(first.places, ends.success);
  // After a power cut what was deleted last may be back, so that must not disturb either.
  const mayBeUntidy = outcome.kind !== 'succeeded' || plan.fault === 'power cut';
  const isNeeded = mayBeUntidy && !(plan.operation === 'rename' && isDone);
  if (isNeeded) {
    const bucket = await bucketOf(plan, soundAccess(station, plan.transport));
    const again = await underSignal((signal) => makeCall(plan, scene, bucket, signal));
    repeated = await seen(plan, scene, station, reader, { outcome: again, isRepeated: true });
  } else if (outcome.kind !== 'succeeded') {
    // A rename that is done, and could not say so, finds nothing to rename.
    repeated = { ...first, outcome: { kind: 'succeeded', result: ends.result } };
  }
  const uploads = oss.uploads('bucket').length;
  const strays = await leftByDeath(scene, plan);
  await cleanUp(scene, station);
  const complaints = judge({
    ends,
    first,
    repeated,
    systemCodes: plan.fault === 'full disk' ? ['ENOSPC'] : [],
    unhandled: await rejections.take(),
  });
  const code = outcome.kind === 'failed' ? outcome.error.code : undefined;
  return { outcome: outcome.kind, code, isStruck, complaints, left: { files: strays.length, uploads } };
}

type Readers = Readonly<Record<'new' | 'old', EncryptedBucket>>;

/** Reads under either master key, by the other transport than the one under test. */
async function readerOf(plan: RunPlan, station: Station): Promise<Readers> {
  const access = soundAccess(station, plan.transport === 'node' ? 'fetch' : 'node');
  const writer = await bucketOf(plan, access);
  return { new: writer.with({ otherProviders: [] }), old: await bucketOf(plan, access, 'old') };
}

/** Puts there what the call needs. */
async function prepare(plan: RunPlan, scene: Scene, station: Station): Promise<void> {
  const { key, otherKey, content, previous, source, target, fromFormat } = scene;
  const bucket = await bucketOf(plan, soundAccess(station, plan.transport));
  const old = await bucketOf(plan, soundAccess(station, plan.transport), 'old');
  const options = { metadata };
  switch (plan.operation) {
    case 'put':
    case 'parts':
    case 'resumed upload':
      if (previous !== undefined) await bucket.put(key, previous, options);
      if (plan.operation === 'resumed upload') await writeFile(source, content);
      return;
    case 'get':
    case 'ranges':
    case 'resumed download':
      await bucket.put(key, content, options);
      if (previous !== undefined) await writeFile(target, previous);
      return;
    case 'copy':
    case 'rename':
      await bucket.put(key, content, options);
      if (previous !== undefined) await bucket.put(otherKey, previous, options);
      return;
    case 'rewrap':
      await old.put(key, content, options);
      return;
    case 'reencrypt':
      await old.with({ format: fromFormat }).put(key, content, options);
      return;
  }
}

const signals = new WeakMap<Outcome, AbortSignal>();

/** Makes a call under a signal, which is remembered: nobody may listen to it afterwards. */
async function underSignal(call: (signal: AbortSignal) => Promise<Uint8Array | undefined>): Promise<Outcome> {
  const { signal } = new AbortController();
  const outcome = await call(signal).then(
    (bytes): Outcome => ({
      kind: 'succeeded',
      result: bytes === undefined ? 'nothing' : digestOf(bytes),
    }),
    (error: unknown): Outcome => ({ kind: 'failed', error: seenError(error) }),
  );
  signals.set(outcome, signal);
  return outcome;
}

/** The power goes, at the latest now, and comes back. */
async function afterPowerCut(plan: RunPlan, scene: Scene, outcome: Outcome): Promise<Outcome> {
  const wasAlive = !disk.isCut;
  disk.cut();
  await disk.comeBack(generator((plan.seed * 31 + plan.run) >>> 0));
  await ageLocks(scene);
  // What had said that it succeeded must have.
  if (wasAlive && outcome.kind === 'succeeded') return outcome;
  return { kind: 'died' };
}

/** After a power cut, the process that a lock names is another one. */
async function ageLocks({ folder }: Scene): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.lock/.test(name)) continue;
    const path = join(folder, name);
    try {
      const holder = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...holder, started: 'before' }));
    } catch {
      // What is no JSON stays, for the next call to judge.
    }
  }
}

function isSame(one: Places, other: Places): boolean {
  return one.object === other.object && one.other === other.other && one.file === other.file;
}

/** Looks at everything, when all is quiet. */
async function seen(
  plan: RunPlan,
  scene: Scene,
  station: Station,
  reader: Readers,
  {
    outcome,
    isRepeated,
    strikes,
  }: { readonly outcome: Outcome; readonly isRepeated: boolean; readonly strikes?: Strikes },
): Promise<Seen> {
  const { oss } = station;
  const open = await openRequests(oss);
  const signal = signals.get(outcome);
  const listeners = signal === undefined ? 0 : await listenersOf(signal);
  const hasDied = plan.fault === 'power cut' || plan.fault === 'SIGKILL';
  const isResumable = plan.operation === 'resumed upload' && outcome.kind !== 'succeeded';
  const dangling = danglingUploads(oss, {
    isExcused: hasDied || isResumable,
    mayBeChanged: plan.fault === 'gzip' || plan.fault === 'wrong length',
  });
  const filesInUse = openFiles(scene.folder);
  const strayFiles = await strayFilesOf(plan, scene, outcome, isRepeated);
  // The looks that follow are not to be struck.
  strikes?.end();
  disk.stop();
  return {
    outcome,
    places: await placesOf(plan, scene, station, reader),
    strayFiles,
    openFiles: filesInUse,
    openRequests: open,
    listeners,
    danglingUploads: dangling,
  };
}

const temporary = /^\.[0-9a-f]{16}\.part$/;

/** Files that are not the run's own, but for what a death left, and what a resumption goes on with. */
async function strayFilesOf(
  plan: RunPlan,
  { folder }: Scene,
  outcome: Outcome,
  isRepeated: boolean,
): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name !== 'source' && name !== 'target');
  const hasDied = plan.fault === 'power cut' || plan.fault === 'SIGKILL';
  const isTemporary = (name: string): boolean => temporary.test(name);
  // Dead or not yet deleted. The call that is made again takes over or removes all but names at random.
  if (hasDied && !isRepeated) {
    return names.filter((name) => !(isTemporary(name) || name === 'checkpoint' || name.includes('.lock')));
  }
  const others = hasDied ? names.filter((name) => !isTemporary(name)) : names;
  const isResumable = plan.operation === 'resumed upload' || plan.operation === 'resumed download';
  if (!isResumable || outcome.kind === 'succeeded') return others;
  const hasOne = others.filter(isTemporary).length <= 1;
  return others.filter((name) => !(name === 'checkpoint' || (isTemporary(name) && hasOne)));
}

async function leftByDeath({ folder }: Scene, { fault }: RunPlan): Promise<string[]> {
  if (fault !== 'SIGKILL' && fault !== 'power cut') return [];
  return (await readdir(folder)).filter((name) => temporary.test(name));
}

async function placesOf(
  plan: RunPlan,
  { key, otherKey, target }: Scene,
  { oss }: Station,
  reader: Readers,
): Promise<Places> {
  const stateOf = async (name: string): Promise<string> => {
    if (!oss.hasObject('bucket', name)) return absent;
    const states: string[] = [];
    for (const age of ['new', 'old'] as const) {
      try {
        const object = await reader[age].get(name);
        const bytes = await object.bytes();
        states.push(stateText(age, formatOf(object), bytes, object.metadata.author));
      } catch (error) {
        if (!isOssEnvelopeError(error, 'ERR_NO_MATCHING_KEY')) {
          states.push(`${age} key: ${String(error)}`);
        }
      }
    }
    return states.length === 0 ? 'opens by no key' : states.join('; ');
  };
  const file = await readFile(target).then(digestOf, () => absent);
  const other = plan.operation === 'copy' || plan.operation === 'rename' ? await stateOf(otherKey) : absent;
  return { object: await stateOf(key), other, file };
}

function formatOf({ encryption }: Pick<ObjectInfo, 'encryption'>): string {
  return encryption.kind === 'plain' ? 'plain' : encryption.envelope.format;
}

/** Takes away what a run used, and what the documentation lets a death leave. */
async function cleanUp({ key, otherKey, folder }: Scene, station: Station): Promise<void> {
  const { oss } = station;
  await dropUploads(station);
  for (const name of [key, otherKey]) await oss.deleteObject('bucket', name);
  await rm(folder, { recursive: true, force: true });
}
