import { ConformanceFailure } from './assertion.js';
import type { ConformanceCase } from './conformance-case.js';
import type { FaultControl } from './fault-control.js';
import type { OptionalCapability } from './transport/transport-subject.js';

interface Faulty {
  readonly faults?: FaultControl | undefined;
}

/** Why a case that needs these capabilities does not concern a transport; undefined when it lacks none of them. */
export function lackOf(
  needs: readonly OptionalCapability[],
  lacks: readonly OptionalCapability[] | undefined,
): string | undefined {
  const missing = needs.filter((capability) => lacks?.includes(capability));
  return missing.length === 0 ? undefined : `the transport has no ${missing.join(' and no ')}`;
}

/** The case, for subjects alone whose server can be made to fail. */
export function needingFaults<Subject extends Faulty>(
  usual: ConformanceCase<Subject>,
): ConformanceCase<Subject> {
  return {
    ...usual,
    unless: (subject) =>
      subject.faults === undefined
        ? 'the subject gives no means to make requests fail'
        : usual.unless?.(subject),
  };
}

/** What a case of faults works with. */
export function faultsOf({ faults }: Faulty): FaultControl {
  if (faults === undefined) throw new ConformanceFailure('The subject gives no means to make requests fail');
  return faults;
}
