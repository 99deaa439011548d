/** How a case ended that did not fail: as it must, or with the refusal that the subject's traits announce. */
export type CaseOutcome = 'passed' | 'refused';

/** One thing that a subject must do. Cases are data: they know no test runner. */
export interface ConformanceCase<Subject> {
  /** Unique within its set, and stable: exclusions name it. */
  readonly name: string;
  /** Why the case does not concern this subject, by the traits that it declares; undefined when it does. */
  readonly unless?: (subject: Subject) => string | undefined;
  /**
   * Tries the subject. Cases share nothing, so they may run in any order, or concurrently.
   *
   * @throws ConformanceFailure, or whatever the subject throws where it should not
   */
  run(subject: Subject): Promise<CaseOutcome>;
}
