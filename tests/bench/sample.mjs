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

/** What is in use when all that is not was collected, of V8 and of what it holds, in MiB; undefined without --expose-gc. */
function alive() {
  if (globalThis.gc === undefined) return undefined;
  // The second one takes what the first one found to be finalized.
  for (let times = 0; times < 2; times++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 ** 2;
}

const sample = { ...cost, aliveMebibytes: alive(), ...found?.measured };
// Keep-alive connections would hold the process.
process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit());
