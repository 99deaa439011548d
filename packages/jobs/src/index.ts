export type { Attempt } from './contract/attempt.js';
export type { Expectation } from './contract/expectation.js';
export {
  type Job,
  type NamedKey,
  type ObjectFilter,
  parseJob,
  type SourceSpec,
  type TaskName,
  taskNames,
  type WriteGrade,
  writeGrades,
} from './contract/job.js';
export { type KeyRange, rangeId } from './contract/key-range.js';
export type { Ledger, SharedLedger, Wish } from './contract/ledger.js';
export type { FailureRecord, ObjectOutcome, SkipReason } from './contract/object-outcome.js';
export type { ObjectSource, SourceItem, SourcePage } from './contract/object-source.js';
export { addTallies, emptyTally, type Tally } from './contract/tally.js';
export { type LocalRun, runLocally } from './engines/local-engine.js';
export { type CoordinatorRun, coordinate } from './engines/queue-coordinator.js';
export { type OpenJob, type WorkerRun, workOnQueue } from './engines/queue-worker.js';
export {
  type BucketLedger,
  createBucketLedger,
  findBucketLedger,
  jobsInBucket,
  openBucketLedger,
} from './ledger/bucket-ledger.js';
export { type Coverage, type CoveringAttempt, coverage } from './ledger/coverage.js';
export {
  createFileLedger,
  findFileLedger,
  jobInFolder,
  openFileLedger,
  readFileLedger,
  writeWishInFolder,
} from './ledger/file-ledger.js';
export { memoryLedger } from './ledger/memory-ledger.js';
export { createPaces, type PaceOptions, type Paces } from './pace/create-pace.js';
export type { Pace } from './pace/pace.js';
export { pacedProvider } from './pace/paced-provider.js';
export { pacedTransport } from './pace/paced-transport.js';
export { type Estimate, type Rates, usualRates } from './preflight/estimate.js';
export { type ExpectationSources, expectedObjects } from './preflight/expected-objects.js';
export type { Finding, FindingName, Verdict } from './preflight/finding.js';
export { lookForOldNames, type OldNames, type OldNamesOptions } from './preflight/old-names.js';
export { type Preflight, type PreflightOptions, preflight } from './preflight/preflight.js';
export { middleKey } from './ranges/middle-key.js';
export { type Cover, type Tiling, tile } from './ranges/tiling.js';
export { queueTelemetry } from './redis/optional-packages.js';
export { connectPaces } from './redis/redis-connection.js';
export { type JobProgress, progressOf } from './report/job-progress.js';
export { failuresOf, type JobReport, type LeftBehind, makeReport } from './report/job-report.js';
export { withChangesSince } from './sources/changed-since.js';
export {
  type InventorySource,
  type InventorySourceOptions,
  openInventory,
} from './sources/inventory-source.js';
export { type KeyFileSource, keyFileSource } from './sources/key-file-source.js';
export { listingSource } from './sources/listing-source.js';
export { type JobSource, openSource, type SourceTransports } from './sources/open-source.js';
export { type JobBucketOptions, type JobTools, jobTools, targetKeys } from './tasks/job-tools.js';
export { type RangeResult, type RangeWork, workOnRange } from './work/range-worker.js';
