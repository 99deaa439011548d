// One sample in a fresh process: `node sample.mjs MODULE ARM CONTEXT`. Prints what it took, as JSON. Where the context has
// a `warmUp`, the arm runs once before by what that says: a small object shows what is loaded and compiled first.
import { costOf } from './cost.mjs';
import { watchHeap } from './heap-watch.mjs';
import { primeMalloc } from './malloc-priming.mjs';

const [, , moduleName, armName, contextText] = process.argv;
const { arms } = await import(`./${moduleName}.mjs`);
const { warmUp, ...context } = JSON.parse(contextText);
if (warmUp !== undefined) await (await arms[armName]({ ...context, ...warmUp }))();
const run = await arms[armName](context);
primeMalloc();

const heap = globalThis.gc === undefined ? undefined : watchHeap();
const { cost, found } = await costOf(run);
const sample = { ...cost, ...heap?.end(), ...found?.measured };
// Keep-alive connections would hold the process.
process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit());
