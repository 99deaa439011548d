// A plugin of Stryker: its runner of vitest, with one worker for many mutants. A worker loads vitest and the sources, which
// takes far longer than a few unit tests. Test files are loaded anew for each mutant, sources are not: Stryker turns its
// mutants on and off while they are loaded. Those that only show while a module is loaded have a worker of their own.
import { Worker } from 'node:worker_threads';
import { strykerPlugins as plugins, strykerValidationSchema } from '@stryker-mutator/vitest-runner';

export { strykerValidationSchema };

/** More mutants than this share no worker, so that what one leaves behind does not last. */
const mostRuns = 50;
const response = (type) => ({ type, __vitest_worker_response__: true });

/** A worker in the place of vitest's own: it is told once to start, and does not hear when it is to stop. */
class KeptThread {
  #thread;
  #runs = 0;

  poolWorker({ distPath, env, execArgv }) {
    const own = [];
    const emit = (message) => {
      for (const { event, callback } of own) if (event === 'message') callback(message);
    };
    const detach = () => {
      for (const { event, callback } of own.splice(0)) this.#thread?.off(event, callback);
    };
    let isNew = false;
    let config;
    return {
      name: 'kept',
      reportMemory: false,
      canReuse: () => true,
      deserialize: (message) => message,
      start: async () => {
        isNew = this.#thread === undefined;
        this.#thread ??= new Worker(new URL(`file://${distPath}/workers/threads.js`), { env, execArgv });
        this.#runs++;
      },
      stop: async () => {
        detach();
        if (this.#runs >= mostRuns) await this.end();
      },
      on: (event, callback) => {
        own.push({ event, callback });
        this.#thread?.on(event, callback);
      },
      off: (event, callback) => {
        const index = own.findIndex((one) => one.event === event && one.callback === callback);
        if (index >= 0) own.splice(index, 1);
        this.#thread?.off(event, callback);
      },
      send: (message) => {
        const { __vitest_worker_request__: isRequest, type, context } = message;
        if (isRequest && type === 'stop') return emit(response('stopped'));
        if (isRequest && type === 'start') {
          config = context.config;
          if (!isNew) return queueMicrotask(() => emit(response('started')));
        }
        // Which tests are to run is in the configuration, which a worker is otherwise given once.
        if (isRequest && type === 'run') message.context = { ...context, config };
        this.#thread?.postMessage(message);
      },
    };
  }

  /** Whether mutants of earlier runs may have left something in a module. */
  get isUsed() {
    return this.#runs > 1;
  }

  async end() {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#runs = 0;
    await thread?.terminate();
  }
}

const killed = ({ testFilter = [] }, failureMessage) => ({
  status: 'killed',
  killedBy: testFilter.slice(0, 1),
  nrOfTests: 1,
  failureMessage,
});

/** Changes a runner of Stryker so that it keeps its worker. */
function keeping(runner) {
  const { init, dryRun, mutantRun, dispose } = runner;
  const kept = new KeptThread();
  runner.init = async () => {
    await init.call(runner);
    const pool = { name: 'kept', createPoolWorker: (options) => kept.poolWorker(options) };
    for (const project of runner.ctx.projects) {
      project.config.pool = pool.name;
      project.config.poolRunner = pool;
    }
  };
  /** Test files say what is tested when they are loaded, so they are loaded for each run. */
  const again = async () => {
    for (const { moduleId } of await runner.ctx.globTestSpecifications()) {
      runner.ctx.watcher.invalidates.add(moduleId);
    }
  };
  /** Whether the tests that found a mutant fail without it too: then they found what an earlier one left. */
  const failsWithout = async (options, { killedBy }) => {
    await again();
    const activeMutant = { ...options.activeMutant, id: 'none' };
    const control = await mutantRun.call(runner, { ...options, activeMutant, testFilter: [killedBy].flat() });
    return control.status !== 'survived';
  };
  runner.dryRun = async (options) => {
    runner.ctx.provide('mutatedFiles', options.files ?? []);
    const result = await dryRun.call(runner, options);
    await kept.end();
    return result;
  };
  runner.mutantRun = async (options) => {
    const isAtLoading = options.mutantActivation === 'static';
    if (isAtLoading) await kept.end();
    await again();
    let result = await mutantRun.call(runner, options);
    if (result.status === 'killed' && kept.isUsed && (await failsWithout(options, result))) {
      await kept.end();
      await again();
      result = await mutantRun.call(runner, options);
    }
    if (result.status === 'error') {
      // An error that no test awaits: was it of this mutant, or of one before?
      await kept.end();
      result = await mutantRun.call(runner, options);
      if (result.status === 'error') result = killed(options, result.errorMessage);
      await kept.end();
    }
    // A test file that does not load has no tests that could fail.
    const broken = runner.ctx.state.getFiles().find((file) => file.result?.errors?.length > 0);
    if (result.status === 'survived' && broken !== undefined) {
      result = killed(options, broken.result.errors[0].message);
    }
    if (isAtLoading) await kept.end();
    return result;
  };
  runner.dispose = async () => {
    await kept.end();
    await dispose.call(runner);
  };
  return runner;
}

const [{ kind, factory }] = plugins;
const create = (injector) => keeping(factory(injector));
create.inject = factory.inject;

export const strykerPlugins = [{ kind, name: 'vitest-kept', factory: create }];
