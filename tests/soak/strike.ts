// Lets the faults of a plan come over the services and the disk.
import { gzipSync } from 'node:zlib';
import {
  defaultOssAccount,
  type KmsFault,
  type OssFault,
  type OssFaultEffect,
  type OssFaultRule,
} from '@oss-envelope/local-cloud';
import type { PassingAnswer } from '../support/lying-proxy.js';
import type { Access } from './call.js';
import { disk, type FullDisk } from './disk.js';
import type { FaultName, RunPlan, Strike } from './plan.js';
import { downloadWay, isLarge, largestBodyBytes, type Scene } from './scene.js';
import { type Station, soundAccess } from './station.js';

/** Faults that were let loose. */
export interface Strikes {
  /** How the call is to reach the bucket. */
  readonly access: Access;
  /** Whether anything was struck so far. */
  isStruck(): boolean;
  /** Takes all faults away; the disk is left as it is. */
  end(): void;
}

/** A wait that a stalled call is given up after. It costs this time in each run that stalls. */
const shortMs = 250;
const dayMs = 24 * 60 * 60 * 1000;

/** How many requests the call makes when all goes well. */
export function requestsOf(plan: RunPlan): number {
  const { operation, parts } = plan;
  // A part of plaintext is one request.
  if (operation === 'ranges' && downloadWay(plan) === 'range') return 1;
  const many = parts + 1;
  const counts: Readonly<Record<RunPlan['operation'], number>> = {
    put: 1,
    get: 1,
    parts: many + 2,
    ranges: many + 1,
    'resumed upload': many + 2,
    'resumed download': many + 1,
    rewrap: 4,
    copy: 3,
    rename: 6,
    reencrypt: isLarge(plan) ? 9 : 4,
  };
  return counts[operation];
}

function chosen<T>(share: number, ...all: readonly T[]): T {
  return all[Math.floor(share * all.length)] as T;
}

/** How many requests pass unharmed first. */
function skipped(plan: RunPlan, { place }: Strike): number {
  return Math.floor(place * requestsOf(plan));
}

/**
 * How much of a body passes. Many bodies are documents of some hundred bytes, so a third of the numbers is small; those
 * of content are smaller still in some runs.
 */
function progressBytes(plan: RunPlan, { progress }: Strike): number {
  const mostBytes = largestBodyBytes(plan);
  if (progress < 1 / 3) return Math.floor(progress * 3 * Math.min(400, Math.max(100, mostBytes)));
  return Math.floor((progress - 1 / 3) * 1.5 * mostBytes);
}

/** A fault as the local OSS makes it; undefined for those that come from elsewhere. */
function ruleOf(plan: RunPlan, fault: FaultName, strike: Strike): OssFaultEffect | undefined {
  const { form, progress } = strike;
  const afterBytes = progressBytes(plan, strike);
  switch (fault) {
    case 'reset':
      return chosen(form, { kind: 'reset-request', afterBytes }, { kind: 'reset-response', afterBytes });
    case 'stall':
      return chosen(form, { kind: 'stall-request', afterBytes }, { kind: 'stall-response', afterBytes });
    case 'truncation':
      return { kind: 'truncate', afterBytes };
    case 'wrong CRC':
      return chosen<OssFaultEffect>(
        form,
        { kind: 'wrong-crc' },
        { kind: 'corrupt-response', atByte: afterBytes },
        { kind: 'corrupt-response', atByte: afterBytes },
        { kind: 'no-crc' },
      );
    case 'wrong length':
      return chosen<OssFaultEffect | undefined>(
        form,
        { kind: 'truncate', afterBytes, shorten: true },
        { kind: 'ignore-range' },
        undefined,
      );
    case 'server error': {
      const [status, code] = chosen<[number, string]>(
        progress,
        [500, 'InternalError'],
        [502, 'BadGateway'],
        [503, 'ServiceUnavailable'],
        [504, 'GatewayTimeout'],
      );
      return { kind: 'status', status, code, afterOperation: form < 0.5 };
    }
    case 'throttling': {
      const headers = chosen<Record<string, string>>(form, {}, { 'retry-after': '1' });
      return { kind: 'status', status: 429, code: 'QpsLimitExceeded', headers };
    }
    case 'lost answer':
      return { kind: 'lost-response' };
    case 'wrong clock':
      return { kind: 'skew', offsetMs: (form < 0.5 ? 1 : -1) * (dayMs / 48 + progress * 3 * dayMs) };
    default:
      return undefined;
  }
}

/** A fault of KMS that is like one of OSS. */
function kmsFaultOf(fault: FaultName, { form, place, times }: Strike): KmsFault | undefined {
  const skip = Math.floor(place * 2);
  switch (fault) {
    case 'reset':
    case 'lost answer':
      return { kind: 'reset', skip, times };
    case 'stall':
      return { kind: 'stall', skip, times: 1 };
    case 'truncation':
      return { kind: 'truncate', skip, times };
    case 'wrong CRC':
      return { kind: 'garbage', skip, times };
    case 'wrong length':
      return chosen<KmsFault>(
        form,
        { kind: 'wrong-key-length', skip, times },
        { kind: 'missing-fields', skip, times },
      );
    case 'server error':
      return { kind: 'status', status: chosen(form, 500, 503), skip, times };
    case 'throttling':
      return { kind: 'throttle', skip, times };
    default:
      return undefined;
  }
}

/** What the proxy makes of answers; undefined when it stays out of it. */
function lieOf(plan: RunPlan): ((answer: PassingAnswer) => void) | undefined {
  const { fault, strike } = plan;
  if (fault === 'closed connection') {
    return (answer) => {
      answer.afterwards = chosen(strike.form, 'closes', 'resets-next');
    };
  }
  if (fault === 'gzip') {
    return (answer) => {
      if (answer.status === 204 || answer.body.length === 0) return;
      answer.body = gzipSync(answer.body);
      answer.headers['content-encoding'] = 'gzip';
      if (strike.form < 0.5) delete answer.headers['content-length'];
      else answer.headers['content-length'] = String(answer.body.length);
    };
  }
  if (fault === 'wrong length' && strike.form >= 2 / 3) {
    return (answer) => {
      if (answer.body.length === 0) return;
      const more = 1 + Math.floor(strike.progress * 40);
      answer.body = Buffer.concat([answer.body, answer.body.subarray(0, more)]);
      answer.headers['content-length'] = String(answer.body.length);
    };
  }
  return undefined;
}

/** Which disk is full, and when. */
function fullDiskOf(plan: RunPlan, { content }: Scene): FullDisk {
  const { form, progress } = plan.strike;
  const at = chosen(form, 'write', 'sync', 'create');
  // A checkpoint takes some hundred bytes for each part, a download as much as the content.
  const most = plan.operation === 'resumed upload' ? 1500 : content.length;
  return { kind: 'full', at, room: at === 'create' ? Math.floor(progress * 6) : Math.floor(progress * most) };
}

/** How many changes of the disk a call makes at least; a power cut comes between them, or after them. */
function changesOf({ operation, parts }: RunPlan): number {
  if (operation === 'get') return 8;
  return operation === 'resumed upload' ? 18 + 3 * parts : 24 + 4 * parts;
}

/** Lets loose what a plan says. A process is killed elsewhere. */
export async function strike(plan: RunPlan, station: Station, scene: Scene): Promise<Strikes> {
  const { oss, kms, proxy } = station;
  const { fault, second, strike: first } = plan;
  const skip = skipped(plan, first);
  const added: OssFault[] = [];
  const add = (rule: object): void => {
    added.push(oss.faults.add(rule as OssFaultRule));
  };
  let access = soundAccess(station, plan.transport);
  const waits = fault === 'stall' ? { idleTimeoutMs: shortMs } : {};
  access = { ...access, retries: plan.retries, ...waits };
  let isStruckElsewhere = false;

  const rule = ruleOf(plan, fault, first);
  if (rule !== undefined) {
    // A clock is wrong all the time, or for a while.
    const isLasting = fault === 'wrong clock' && first.place < 0.6;
    if (isLasting && plan.transport === 'fetch' && rule.kind === 'skew' && plan.way < 0.5) {
      isStruckElsewhere = true;
      access = { ...access, clockOffsetMs: rule.offsetMs };
    } else
      add({ ...rule, ...(isLasting ? { times: Number.POSITIVE_INFINITY } : { skip, times: first.times }) });
  }
  if (second !== undefined && fault !== 'SIGKILL') {
    const other = ruleOf(plan, second.fault, second);
    if (other !== undefined) add({ ...other, skip: skipped(plan, second), times: second.times });
  }
  if (plan.provider === 'kms' && plan.strikesKms) {
    const ofKms = kmsFaultOf(fault, first);
    if (ofKms !== undefined) kms.faults.add(ofKms);
  }
  const lie = lieOf(plan);
  if (lie !== undefined) {
    let passed = 0;
    const times = fault === 'gzip' && first.place < 0.5 ? Number.POSITIVE_INFINITY : first.times;
    const from = times === Number.POSITIVE_INFINITY ? 0 : skip;
    proxy.lie = (_, answer) => {
      const nth = passed++;
      if (nth < from || nth >= from + times) return;
      isStruckElsewhere = true;
      lie(answer);
    };
    access = { ...access, endpoint: proxy.origin.replace('127.0.0.1', 'localhost') };
  }
  if (fault === 'expiring token') {
    let issued = 0;
    const issue = async () => {
      issued++;
      const account = {
        accessKeyId: `STS.${plan.run}.${issued}`,
        accessKeySecret: `secret-${plan.run}-${issued}`,
        securityToken: `token-${issued}`,
      };
      oss.accounts.add(account);
      return { ...account, expiration: new Date(Date.now() + dayMs) };
    };
    access = { ...access, credentials: issue };
    let seen = 0;
    // The token ends at some request, and (in some runs) the next one as soon as it comes.
    add({
      kind: 'delay',
      delayMs: 0,
      times: Number.POSITIVE_INFINITY,
      match: () => {
        const nth = seen++;
        const ends = nth === skip || (first.form < 0.3 && nth === skip + 1);
        if (!ends || oss.accounts.find(`STS.${plan.run}.${issued}`) === undefined) return false;
        oss.accounts.expire(`STS.${plan.run}.${issued}`);
        return true;
      },
    });
  }
  if (fault === 'full disk') await disk.start(scene.folder, fullDiskOf(plan, scene));
  if (fault === 'power cut') {
    await disk.start(scene.folder, {
      kind: 'cut',
      afterChanges: Math.floor(first.place * changesOf(plan)),
      // The process is gone as well, so it sends nothing any more.
      onCut: () => add({ kind: 'reset-request', times: Number.POSITIVE_INFINITY }),
    });
  }
  const kmsBefore = kms.faults.size;
  return {
    access,
    isStruck: () =>
      isStruckElsewhere || disk.isStruck || kms.faults.size < kmsBefore || added.some(({ hits }) => hits > 0),
    end() {
      oss.faults.clear();
      kms.faults.clear();
      proxy.lie = () => {};
      for (const { accessKeyId } of oss.accounts.list()) {
        if (accessKeyId !== defaultOssAccount.accessKeyId) oss.accounts.remove(accessKeyId);
      }
    },
  };
}
