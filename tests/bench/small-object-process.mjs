// `node small-object-process.mjs TASK CONTEXT`: does the task when its parent asks, and answers with the seconds that one
// takes, on the clock and of this process's CPU, by concurrency. The process stays, and has done some thousand objects
// before: a service that moves small objects is warm, and V8 goes on compiling until then.
import { tasks } from './small-object-tasks.mjs';

const [, , arm, contextText] = process.argv;
const context = JSON.parse(contextText);

/** Does a task `count` times, `concurrency` at once; gives the seconds that one takes. */
async function costOfOne(task, count, concurrency) {
  let next = 0;
  const work = async () => {
    while (next < count) await task(next++);
  };
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, work));
  const { user, system } = process.cpuUsage(startCpu);
  return {
    wallSeconds: (performance.now() - startMs) / 1000 / count,
    userSeconds: user / 1e6 / count,
    systemSeconds: system / 1e6 / count,
  };
}

const task = await tasks[arm](context);

async function workFor(seconds, concurrency) {
  const untilMs = performance.now() + seconds * 1000;
  while (performance.now() < untilMs) await costOfOne(task, 2 * concurrency, concurrency);
}

await workFor(context.warmUpSeconds, 16);

process.on('message', async () => {
  const measured = {};
  for (const [concurrencyText, count] of Object.entries(context.counts)) {
    const concurrency = Number(concurrencyText);
    // Other arms had the processor's caches meanwhile.
    await workFor(context.runInSeconds, concurrency);
    measured[concurrency] = await costOfOne(task, count, concurrency);
  }
  process.send(measured);
});
process.once('disconnect', () => process.exit());
process.send('ready');
