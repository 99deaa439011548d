// `node transfer-process.mjs MODULE ARM CONTEXT`: does the arm when its parent asks, and answers with the seconds that it
// took. The process stays, as those of the other SDKs do: none of them is measured while it starts.
import { primeMalloc } from './malloc-priming.mjs';

const [, , moduleName, armName, contextText] = process.argv;
const { arms } = await import(`./${moduleName}.mjs`);
const run = await arms[armName](JSON.parse(contextText));
primeMalloc();

process.on('message', async () => {
  const startMs = performance.now();
  await run();
  process.send({ wallSeconds: (performance.now() - startMs) / 1000 });
});
process.once('disconnect', () => process.exit());
process.send('ready');
