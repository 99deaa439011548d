// How much a run of the benchmark does: sizes, rounds, and how long each section may take.

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

const always = (count) => ({ least: count, most: count, budgetSeconds: 0 });
const within = (budgetSeconds) => ({ least: 3, most: 5, budgetSeconds });

/** All but the memory takes less than five minutes on two cores that have nothing else to do, and that three more. */
export const fullPlan = {
  sourceBytes: gibibyte,
  transfers: [
    { kind: 'discard', title: 'Upload over ali-oss', sizeBytes: 512 * mebibyte, rounds: within(36) },
    { kind: 'discard', title: 'Download over ali-oss', sizeBytes: 512 * mebibyte, rounds: within(24) },
    { kind: 'discard', title: 'Download over fetch', sizeBytes: gibibyte, rounds: within(16) },
    { kind: 'memory', title: 'Upload over fetch', sizeBytes: 128 * mebibyte, rounds: within(10) },
    { kind: 'memory', title: 'Sealed download over ali-oss', sizeBytes: 256 * mebibyte, rounds: within(22) },
  ],
  pipeline: { sizeBytes: 256 * mebibyte, rounds: within(12) },
  peers: { sizeBytes: 512 * mebibyte, pipelineBytes: 64 * mebibyte, rounds: within(14) },
  // How many objects, by how many at once: the median of more and shorter rounds differs less than that of three long ones.
  small: { counts: { 1: 150, 16: 600 }, warmUpSeconds: 1, runInSeconds: 0.04, rounds: always(5) },
  checkpoint: { partCounts: [1000, 10_000] },
  memorySizes: [gibibyte, 4 * gibibyte, 16 * gibibyte],
};

const once = always(1);
const littleBytes = 32 * mebibyte;

/** Small sizes and one round, to see that all of it runs. */
export const quickPlan = {
  sourceBytes: littleBytes,
  transfers: fullPlan.transfers.map((group) => ({ ...group, sizeBytes: littleBytes, rounds: once })),
  pipeline: { sizeBytes: littleBytes, rounds: once },
  peers: { sizeBytes: littleBytes, pipelineBytes: littleBytes, rounds: once },
  small: { counts: { 1: 40, 16: 40 }, warmUpSeconds: 0.02, runInSeconds: 0.01, rounds: once },
  checkpoint: { partCounts: [10, 100] },
  memorySizes: [littleBytes, 2 * littleBytes],
};
