import type { Job } from '../contract/job.js';
import type { SourceItem } from '../contract/object-source.js';

// OSS documentation: "What are the operations that affect the LastModified attribute", "Event types", "CopyObject".

/** What a job does to a bucket besides what it is for. */
export function sideEffectsOf(
  { acl, grade, task }: Pick<Job, 'acl' | 'grade' | 'task'>,
  items: readonly SourceItem[],
): readonly string[] {
  if (task === 'report') return [];
  if (task === 'verify') return ['Where access tracking is on, the last access of each object becomes now.'];
  const event = task === 'rewrap' ? 'ObjectCreated:CopyObject' : 'ObjectCreated:PutObject';
  const effects = [
    'LastModified of each object becomes now, so the clocks of lifecycle rules begin again.',
    'Where access tracking is on, the last access of each object becomes now.',
    `Events ${grade === 'stage' && task !== 'rewrap' ? `${event} and ObjectCreated:CopyObject` : event} fire for each object.`,
  ];
  if (grade === 'stage' && task !== 'rewrap') {
    effects.push('Copies below .oss-envelope/ come and go, with events and lifecycle rules of their own.');
  }
  if (acl !== undefined) effects.push(`Each object gets the ACL ${acl}, whatever it had.`);
  if (items.some(({ storageClass }) => storageClass !== undefined && storageClass !== 'Standard')) {
    effects.push(
      'Minimum times of storage (IA 30 days, archives 60 to 180) begin again, and what was left of them is charged.',
    );
  }
  return effects;
}
