// `node staying-process.mjs MODULE ARM CONTEXT`: does the arm once, then whenever its parent asks, and answers with what
// that took. The process stays, as those of the other SDKs do: V8 goes on compiling for a second or two, and none of that
// is the cipher's.
import { costOf } from './cost.mjs';
import { primeMalloc } from './malloc-priming.mjs';

const [, , moduleName, armName, contextText] = process.argv;
const { arms } = await import(`./${moduleName}.mjs`);
const run = await arms[armName](JSON.parse(contextText));
primeMalloc();
await run();

process.on('message', async () => {
  const { cost } = await costOf(run);
  process.send(cost);
});
process.once('disconnect', () => process.exit());
process.send('ready');
