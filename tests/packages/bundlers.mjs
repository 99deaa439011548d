// Programs as bundlers make them: for pages, for Node, for workers, and by the frameworks around them.
import { once } from 'node:events';
import { installed } from './installation.mjs';
import { bring, fetchModules, fetchProgram, nodeProgram, roundTrip } from './programs.mjs';
import { npmProject } from './projects.mjs';
import { everythingProject } from './together.mjs';

const fetchPackages = ['@oss-envelope/core', '@oss-envelope/provider-rsa', '@oss-envelope/transport-fetch'];

/** A page's program as a module that a test can load: it has nothing of Node. */
const pageProgram = (kind) => `${bring(kind, fetchModules)}${roundTrip}
globalThis.tryOnPage = roundTrip;
`;

/** Loads a bundle for pages in Node, which has what a page has. */
const pageHost = `
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
const file = process.argv[2];
if (/\\bnode:|require\\(["'](?:crypto|fs|stream)/.test(await readFile(file, 'utf8'))) throw new Error(file + ' names a module of Node');
await import(pathToFileURL(file).href);
console.log(await globalThis.tryOnPage(JSON.parse(process.env.OSS_ENVELOPE_WHERE)));
`;

const vite = `
import { build } from 'vite';
await build({ logLevel: 'error', build: { outDir: 'dist-vite', modulePreload: false, minify: false, target: 'es2022',
  rollupOptions: { input: 'page.mjs', output: { entryFileNames: 'page.mjs', format: 'es' } } } });
`;

const rollup = `
import { rollup } from 'rollup';
import resolve from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
for (const [input, browser, dir] of [['page.mjs', true, 'dist-rollup-page'], ['by-import.mjs', false, 'dist-rollup-node']]) {
  const bundle = await rollup({ input, external: /^node:/, plugins: [resolve({ browser, preferBuiltins: !browser, exportConditions: browser ? [] : ['node'] }), commonjs()],
    onwarn(warning) { throw new Error(warning.message); } });
  await bundle.write({ dir, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
}
`;

const webpack = `
const webpack = require('webpack');
const common = { mode: 'production', performance: false, optimization: { minimize: false }, devtool: false, context: __dirname };
webpack([
  { ...common, target: ['web', 'es2022'], entry: './page.mjs', output: { path: __dirname + '/dist-webpack', filename: 'page.mjs', chunkFilename: '[id].mjs', module: true, publicPath: './', chunkFormat: 'module', chunkLoading: 'import' }, experiments: { outputModule: true } },
  { ...common, target: ['web', 'es2022'], entry: './page.cjs', output: { path: __dirname + '/dist-webpack-cjs', filename: 'page.mjs', chunkFilename: '[id].mjs', module: true, publicPath: './', chunkFormat: 'module', chunkLoading: 'import' }, experiments: { outputModule: true } },
  { ...common, target: 'node20', entry: './by-import.mjs', output: { path: __dirname + '/dist-webpack-node', filename: 'by-import.cjs' } },
], (error, stats) => {
  if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(error ?? stats.toString()); process.exitCode = 1; }
});
`;

async function bundlerProject({ shared, packed, scratch }) {
  return shared('bundlers', async () => {
    const project = await npmProject(scratch('bundlers'), packed, fetchPackages);
    await project.write({
      'page.mjs': pageProgram('import'),
      'page.cjs': pageProgram('require'),
      'by-import.mjs': fetchProgram('import'),
      'by-require.cjs': fetchProgram('require'),
      'host.mjs': pageHost,
      'vite.mjs': vite,
      'rollup.mjs': rollup,
      'webpack.cjs': webpack,
    });
    await project.use('vite', 'rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs', 'webpack');
    return project;
  });
}

const esbuildArguments = (entry, platform, format, out) => [
  entry,
  '--bundle',
  `--platform=${platform}`,
  `--format=${format}`,
  '--target=es2022',
  `--outfile=${out}`,
  '--log-level=error',
];

export const bundlerCases = [
  {
    group: 'bundlers',
    name: 'esbuild: pages of both kinds, and Node',
    isFast: true,
    async run(context) {
      const { nodes, environment: env } = context;
      const project = await bundlerProject(context);
      const esbuild = installed('esbuild', 'bin', 'esbuild');
      const outputs = [];
      for (const [entry, platform, format, out] of [
        ['page.mjs', 'browser', 'esm', 'dist-esbuild/page.mjs'],
        ['page.cjs', 'browser', 'esm', 'dist-esbuild/page-of-required.mjs'],
        ['by-import.mjs', 'node', 'esm', 'dist-esbuild/by-import.mjs'],
        ['by-require.cjs', 'node', 'cjs', 'dist-esbuild/by-require.cjs'],
      ]) {
        await project.run(nodes[0], [esbuild, ...esbuildArguments(entry, platform, format, out)]);
        const args = platform === 'browser' ? ['host.mjs', out] : [out];
        outputs.push(await project.run(nodes[0], args, { env }));
      }
      return outputs;
    },
  },
  {
    group: 'bundlers',
    name: 'Vite: a page',
    async run(context) {
      const { nodes, environment: env } = context;
      const project = await bundlerProject(context);
      await project.run(nodes[1], ['vite.mjs']);
      return [await project.run(nodes[0], ['host.mjs', 'dist-vite/page.mjs'], { env })];
    },
  },
  {
    group: 'bundlers',
    name: 'Rollup: a page, and Node',
    async run(context) {
      const { nodes, environment: env } = context;
      const project = await bundlerProject(context);
      await project.run(nodes[0], ['rollup.mjs']);
      return [
        await project.run(nodes[0], ['host.mjs', 'dist-rollup-page/page.mjs'], { env }),
        await project.run(nodes[0], ['dist-rollup-node/by-import.mjs'], { env }),
      ];
    },
  },
  {
    group: 'bundlers',
    name: 'webpack: pages of both kinds, and Node',
    async run(context) {
      const { nodes, environment: env } = context;
      const project = await bundlerProject(context);
      await project.run(nodes[0], ['webpack.cjs']);
      return [
        await project.run(nodes[0], ['host.mjs', 'dist-webpack/page.mjs'], { env }),
        await project.run(nodes[0], ['host.mjs', 'dist-webpack-cjs/page.mjs'], { env }),
        await project.run(nodes[0], ['dist-webpack-node/by-import.cjs'], { env }),
      ];
    },
  },
  {
    group: 'bundlers',
    name: 'a server with ali-oss and the SDK of KMS, by esbuild',
    async run(context) {
      const { nodes, environment: env } = context;
      const project = await everythingProject(context);
      await project.write({
        'by-import.mjs': nodeProgram('import'),
        'by-require.cjs': nodeProgram('require'),
      });
      const esbuild = installed('esbuild', 'bin', 'esbuild');
      const outputs = [];
      for (const entry of ['by-import.mjs', 'by-require.cjs']) {
        const out = `dist/${entry.split('.')[0]}.cjs`;
        // ali-oss asks for a proxy agent that it does not bring, when one is configured.
        await project.run(nodes[0], [
          esbuild,
          ...esbuildArguments(entry, 'node', 'cjs', out),
          '--external:proxy-agent',
        ]);
        outputs.push(await project.run(nodes[0], [out], { env }));
      }
      return outputs;
    },
  },
  {
    group: 'bundlers',
    name: 'workerd: a worker',
    async run(context) {
      const { nodes, workerd, where } = context;
      const project = await bundlerProject(context);
      await project.write({
        'worker.mjs': `${bring('import', fetchModules)}${roundTrip}
export default { async fetch(request) {
  try { return new Response(await roundTrip(await request.json())); }
  catch (error) { return new Response(String(error.stack), { status: 500 }); }
} };
`,
        'config.capnp': `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "dist-esbuild/worker.mjs")],
  compatibilityDate = "2026-11-01",
);
`,
      });
      const esbuild = installed('esbuild', 'bin', 'esbuild');
      const args = esbuildArguments('worker.mjs', 'browser', 'esm', 'dist-esbuild/worker.mjs');
      await project.run(nodes[0], [esbuild, ...args, '--conditions=workerd,worker,browser,module']);
      const child = project.start(workerd, ['serve', 'config.capnp', '--control-fd=3'], {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      });
      try {
        const [chunk] = await Promise.race([
          once(child.stdio[3], 'data'),
          once(child, 'exit').then(() => {
            throw new Error('workerd did not start');
          }),
        ]);
        const { port } = JSON.parse(
          String(chunk)
            .split('\n')
            .find((line) => line.includes('"listen"')),
        );
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body: JSON.stringify(where),
        });
        return [await answer.text()];
      } finally {
        child.kill();
      }
    },
  },
];
