// What the runner, which is JavaScript, runs.
export { unseenCanaries } from './canaries.js';
export { wrongs } from './judgement.js';
export { activeResources } from './leaks.js';
export { cells, faults, planOf } from './plan.js';
export { runOnce } from './run-once.js';
export { openStation } from './station.js';
