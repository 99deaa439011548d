import type { ConformanceCase } from '../conformance-case.js';
import { abortCases } from './abort-cases.js';
import { bucketViewCases } from './bucket-view-cases.js';
import { contractCases } from './contract-cases.js';
import { deletionCases } from './deletion-cases.js';
import { faultCases } from './fault-cases.js';
import { objectCases } from './object-cases.js';
import { partCases } from './part-cases.js';
import { presignCases } from './presign-cases.js';
import { rangeCases } from './range-cases.js';
import { repetitionCases } from './repetition-cases.js';
import type { TransportSubject } from './transport-subject.js';

/** What every object transport must do. */
export const transportCases: readonly ConformanceCase<TransportSubject>[] = [
  ...objectCases,
  ...rangeCases,
  ...partCases,
  ...deletionCases,
  ...bucketViewCases,
  ...presignCases,
  ...abortCases,
  ...faultCases,
  ...repetitionCases,
  ...contractCases,
];
