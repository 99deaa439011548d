/** Where jobs keep what is theirs. */
export const ownPrefix = '.oss-envelope/';

const documents = ['job.json', 'run.json', 'wish.json', 'report.json'];
const inRun =
  'expectation\\.json|attempts/r[0-9a-f]{24}/[0-9a-f]{24}\\.json|failures/[0-9a-f]{24}/[0-9]{8}\\.jsonl';
const ownName = new RegExp(
  `^\\.oss-envelope/jobs/[a-z][a-z0-9-]{0,62}/(?:${documents.map((name) => name.replace('.', '\\.')).join('|')}|` +
    `runs/[1-9][0-9]{0,8}/(?:${inRun})|staged/[0-9a-f]{64}|probe-[0-9a-f]{12})$`,
);

/**
 * Whether a key is one that jobs themselves write: of a ledger, a staged copy or a probe, of this job or another one. No
 * job changes those. What else somebody keeps below `.oss-envelope/` is an object like all others.
 */
export function isOwnKey(key: string): boolean {
  return key.startsWith(ownPrefix) && ownName.test(key);
}
