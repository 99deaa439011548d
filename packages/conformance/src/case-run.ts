import { ConformanceFailure } from './assertion.js';
import type { ConformanceCase } from './conformance-case.js';

/** How cases are chosen. */
export interface SelectCasesOptions {
  /** Cases not to run, by name, each with the reason. */
  readonly exclude?: Readonly<Record<string, string>> | undefined;
  /** Where exclusions are printed, a line each. Default `console.log`. */
  readonly print?: ((line: string) => void) | undefined;
}

/** A case that is not run. */
export interface ExcludedCase {
  readonly name: string;
  readonly reason: string;
}

/** The cases that concern a subject, and those that do not. */
export interface SelectedCases<Subject> {
  readonly selected: readonly ConformanceCase<Subject>[];
  readonly excluded: readonly ExcludedCase[];
}

/** How cases are run. */
export interface RunCasesOptions extends SelectCasesOptions {
  /** How long a case may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** A case that failed, with what it threw. */
export interface FailedCase {
  readonly name: string;
  readonly error: unknown;
}

/** What came of running a set of cases. */
export interface CaseResults {
  /** Names of the cases that passed. */
  readonly passed: readonly string[];
  /** Names of the cases whose subject refused, as its traits announce, with the right error. */
  readonly refused: readonly string[];
  readonly failed: readonly FailedCase[];
  readonly excluded: readonly ExcludedCase[];
}

/**
 * The cases of a set that concern `subject`, for a test runner that shows each by name. Prints every exclusion.
 *
 * @throws ConformanceFailure for an exclusion that names no case of the set, and when no case is left
 */
export function selectCases<Subject>(
  cases: readonly ConformanceCase<Subject>[],
  subject: Subject,
  options: SelectCasesOptions = {},
): SelectedCases<Subject> {
  const { exclude = {}, print = console.log } = options;
  const names = new Set(cases.map((candidate) => candidate.name));
  for (const [name, reason] of Object.entries(exclude)) {
    if (!names.has(name)) throw new ConformanceFailure(`There is no case '${name}' to exclude.`);
    if (reason.trim() === '')
      throw new ConformanceFailure(`The case '${name}' is excluded without a reason.`);
  }
  const selected: ConformanceCase<Subject>[] = [];
  const excluded: ExcludedCase[] = [];
  for (const candidate of cases) {
    const reason = Object.hasOwn(exclude, candidate.name)
      ? exclude[candidate.name]
      : candidate.unless?.(subject);
    if (reason === undefined) selected.push(candidate);
    else excluded.push({ name: candidate.name, reason });
  }
  for (const { name, reason } of excluded) print(`not run: ${name} (${reason})`);
  if (selected.length === 0) throw new ConformanceFailure('No case would run, so nothing would be shown.');
  return { selected, excluded };
}

/**
 * Runs the cases that concern `subject`, one after the other, and says what came of each. It throws for a wrong set-up
 * only: look at `failed`, or use `assertConforms`.
 *
 * @throws ConformanceFailure as `selectCases`
 */
export async function runCases<Subject>(
  cases: readonly ConformanceCase<Subject>[],
  subject: Subject,
  options: RunCasesOptions = {},
): Promise<CaseResults> {
  const { selected, excluded } = selectCases(cases, subject, options);
  const passed: string[] = [];
  const refused: string[] = [];
  const failed: FailedCase[] = [];
  for (const { name, run } of selected) {
    try {
      const outcome = await withinTime(run(subject), options.timeoutMs ?? 30_000);
      (outcome === 'refused' ? refused : passed).push(name);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return { passed, refused, failed, excluded };
}

/**
 * Runs the cases that concern `subject`, in one call for a test runner.
 *
 * @throws ConformanceFailure that names every failed case, and as `selectCases`
 */
export async function assertConforms<Subject>(
  cases: readonly ConformanceCase<Subject>[],
  subject: Subject,
  options: RunCasesOptions = {},
): Promise<CaseResults> {
  const results = await runCases(cases, subject, options);
  const { failed } = results;
  if (failed.length === 0) return results;
  const lines = failed.map(
    ({ name, error }) => `- ${name}: ${error instanceof Error ? error.message : error}`,
  );
  throw new ConformanceFailure(
    `${failed.length} of ${failed.length + results.passed.length + results.refused.length} cases failed:\n${lines.join('\n')}`,
    { cause: failed[0]?.error },
  );
}

async function withinTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new ConformanceFailure(`The case was not over after ${timeoutMs} ms`);
    timer = setTimeout(() => reject(failure), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
