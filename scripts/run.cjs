// The entry of every root command. Plain old JavaScript, so that an older Node can say what it lacks.
'use strict';
var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var root = path.join(__dirname, '..');
var pkg = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
var needed = pkg.engines.node.replace('>=', '').split('.').map(Number);
var found = process.versions.node.split('.').map(Number);
if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  console.error(
    'oss-envelope needs Node ' +
      needed.join('.') +
      ' or later, and this is Node ' +
      process.versions.node +
      '.\n' +
      'Install a newer one (https://nodejs.org), then run the same command again.',
  );
  process.exit(1);
}

var commands = {
  demo: { script: 'examples/demo.mjs' },
  'example:browser': { script: 'examples/browser/server.mjs' },
  test: { script: 'scripts/test.mjs' },
  'test:long': { script: 'scripts/test.mjs', args: ['--long'] },
  'test:runtimes': { script: 'tests/runtimes/run.mjs' },
  'test:interop': { script: 'tests/interop/run.mjs' },
  'test:wycheproof': { script: 'tests/wycheproof/run.mjs' },
  'test:timing': { script: 'tests/timing/run.mjs' },
  fuzz: { script: 'tests/fuzz/run.mjs' },
  soak: { script: 'tests/soak/run.mjs' },
  coverage: { script: 'scripts/test.mjs', args: ['--coverage'] },
  mutation: { script: 'scripts/mutation/run.mjs' },
  'test:packages': { script: 'tests/packages/run.mjs', args: ['--all'] },
  'vectors:record': { script: 'tests/interop/run.mjs', args: ['--record'] },
  'bench:memory': { script: 'tests/bench/memory.mjs' },
  bench: { script: 'tests/bench/bench.mjs' },
  'jobs:bench': { script: 'packages/jobs/bench/tasks.mjs' },
  'jobs:proof': { script: 'tests/jobs/run.mjs' },
  'jobs:simulate': { script: 'packages/jobs/bench/simulate.mjs' },
  types: { script: 'scripts/types.mjs' },
  lint: { script: 'scripts/lint.mjs' },
  size: { script: 'scripts/bundle-size.mjs' },
  docs: { script: 'docs/scripts/build.mjs' },
};
var name = process.argv[2];
var command = commands[name];
if (!command) {
  console.error('usage: node scripts/run.cjs ' + Object.keys(commands).join('|'));
  process.exit(2);
}

/** Runs a program in the project's root, its output shown or, when `quiet`, shown only if it fails. */
function run(program, args, quiet) {
  var result = childProcess.spawnSync(program, args, {
    cwd: root,
    stdio: quiet ? 'pipe' : 'inherit',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
    env: Object.assign({}, process.env, { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }),
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    if (quiet) console.error(result.stdout + result.stderr);
    process.exit(result.status === null ? 1 : result.status);
  }
}

var npx = ['--yes', pkg.packageManager.replace(/\+.*/, '')];
console.log('Setting up: installing the packages and building …');
run('npx', npx.concat(['install', '--frozen-lockfile']), true);
run('npx', npx.concat(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only']), true);
run(process.execPath, [command.script].concat(command.args || [], process.argv.slice(3)), false);
