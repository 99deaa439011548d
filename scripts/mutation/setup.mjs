// Runs before a test file is loaded.
import fc from 'fast-check';
import { beforeEach, inject } from 'vitest';

// A change that shows shows soon.
fc.configureGlobal({ numRuns: 20 });

// No mutant of a run before is on while tests are loaded.
if (inject('mode') === 'mutant' && inject('mutantActivation') !== 'static') {
  const stryker = globalThis[inject('globalNamespace')];
  if (stryker !== undefined) stryker.activeMutant = undefined;
}

// A source that a test loads later would seem to be reached by that test alone where it is loaded.
if (inject('mode') === 'dry-run') {
  for (const path of inject('mutatedFiles')) await import(/* @vite-ignore */ path);
}

const leftOut = process.env.OSS_ENVELOPE_MUTATION_LEFT_OUT;
if (leftOut) {
  beforeEach(({ task, skip }) => {
    if (new RegExp(leftOut).test(task.name)) skip('takes too long to be run for each mutant');
  });
}
