import { checkRedis } from '../redis/redis-connection.js';
import { type Finding, ok, warning } from './finding.js';

/** Looks whether a Redis can keep the queue of a job. @throws as {@link checkRedis} */
export async function redisFindings(url: string): Promise<Finding[]> {
  const advice = await checkRedis(url);
  const findings = advice.map((what) =>
    warning('redis', what, 'See the page "A whole bucket" of the documentation.'),
  );
  return findings.length > 0
    ? findings
    : [ok('redis', 'Redis keeps what it is given, and runs the scripts of the queue.')];
}
