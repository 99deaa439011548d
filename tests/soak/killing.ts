// The call of a run in a process that is killed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Access } from './call.js';
import type { Outcome } from './judgement.js';
import type { RunPlan } from './plan.js';
import type { Scene } from './scene.js';
import type { Station } from './station.js';
import { requestsOf } from './strike.js';

/** What the other process is told. */
export interface ChildOrders {
  readonly plan: RunPlan;
  readonly folder: string;
  readonly access: Access;
}

/** What it says when it was not killed. */
export type ChildReport = Exclude<Outcome, { readonly kind: 'died' }>;

/** Makes the call in another process, and kills that at a request: before it is served, after it, or within the answer. */
export async function callAndKill(
  plan: RunPlan,
  { folder }: Scene,
  { oss }: Station,
  access: Access,
): Promise<Outcome> {
  const { form, place, progress } = plan.strike;
  // One more than there are: then nothing is killed.
  const nth = Math.floor(place * (requestsOf(plan) + 0.3));
  let seen = 0;
  const afterBytes = Math.floor(progress * 60_000);
  const program = fileURLToPath(new URL('child.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ends =
    form < 1 / 3
      ? { kind: 'reset-request' as const }
      : form < 2 / 3
        ? { kind: 'lost-response' as const }
        : { kind: 'stall-response' as const, afterBytes };
  const fault = oss.faults.add({
    ...ends,
    match: () => {
      if (seen++ !== nth) return false;
      // Within an answer, the bytes before are let through first.
      if (ends.kind === 'stall-response') setTimeout(() => child.kill('SIGKILL'), 20);
      else child.kill('SIGKILL');
      return true;
    },
  });
  const orders: ChildOrders = { plan, folder, access };
  child.stdin.end(JSON.stringify(orders));
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  });
  fault.remove();
  if (signal === 'SIGKILL') return { kind: 'died' };
  if (code !== 0) throw new Error(`The process of run ${plan.run} ended with ${code ?? signal}: ${errors}`);
  return JSON.parse(output) as ChildReport;
}
