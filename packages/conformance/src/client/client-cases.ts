import type { ConformanceCase } from '../conformance-case.js';
import { callCases } from './call-cases.js';
import { changeCases } from './change-cases.js';
import type { ClientSubject } from './client-subject.js';
import { contentCases } from './content-cases.js';
import { envelopeCases } from './envelope-cases.js';
import { everydayCases } from './everyday-cases.js';
import { lostAnswerCases } from './lost-answer-cases.js';
import { clientRangeCases } from './range-cases.js';
import { sealedCases } from './sealed-cases.js';

/** What the client of core must do over every pair of transport and provider, in each format. */
export const clientCases: readonly ConformanceCase<ClientSubject>[] = [
  ...contentCases,
  ...clientRangeCases,
  ...envelopeCases,
  ...callCases,
  ...everydayCases,
  ...sealedCases,
  ...lostAnswerCases,
  ...changeCases,
];
