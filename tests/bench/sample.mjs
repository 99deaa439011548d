// One sample in a fresh process: `node sample.mjs MODULE ARM CONTEXT`. Prints what it took, as JSON. Where the context has
// a `warmUp`, the arm runs once before by what that says: a small object shows what is loaded and compiled first.
import { costOf } from './cost.mjs';
import { primeMalloc } from './malloc-priming.mjs';

const [, , moduleName, armName, contextText] = process.argv;
const { arms } = await import(`./${moduleName}.mjs`);
const { warmUp, ...context } = JSON.parse(contextText);
if (warmUp !== undefined) await (await arms[armName]({ ...context, ...warmUp }))();
const run = await arms[armName](context);
primeMalloc();

const { cost, found } = await costOf(run);

/**
 * What is in use, of V8 and of what it holds, in MiB: after a collection of the young generation alone, which leaves garbage
 * that has become old, and after one of everything. Undefined without --expose-gc.
 */
function leftInUse() {
  if (globalThis.gc === undefined) return undefined;
  return {
    youngCollectedMebibytes: inUseAfter(() => globalThis.gc({ type: 'minor' })),
    allCollectedMebibytes: inUseAfter(() => globalThis.gc()),
  };
}

function inUseAfter(collect) {
  // The second one takes what the first one found to be finalized.
  for (let times = 0; times < 2; times++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 ** 2;
}

const sample = { ...cost, ...leftInUse(), ...found?.measured };
// Keep-alive connections would hold the process.
process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit());
