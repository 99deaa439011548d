export { ConformanceFailure } from './assertion.js';
export {
  assertConforms,
  type CaseResults,
  type ExcludedCase,
  type FailedCase,
  type RunCasesOptions,
  runCases,
  type SelectCasesOptions,
  type SelectedCases,
  selectCases,
} from './case-run.js';
export { clientCases } from './client/client-cases.js';
export type { ClientSubject } from './client/client-subject.js';
export type { CaseOutcome, ConformanceCase } from './conformance-case.js';
export type { FaultControl, FaultEffect, InjectedFault, SeenRequest } from './fault-control.js';
export { providerCases } from './provider-cases.js';
export type { ProviderSubject, ProviderTraits } from './provider-subject.js';
export { transportCases } from './transport/transport-cases.js';
export type {
  OptionalCapability,
  RenewingTransport,
  SendPresigned,
  TransportSubject,
  TransportTraits,
} from './transport/transport-subject.js';
