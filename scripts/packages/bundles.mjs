// The builds for Node: few files, since most of a start is opening them.
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { compact } from './compact.mjs';
import { installedBeside, readPorts } from './entries.mjs';

const conditions = ['@oss-envelope/source', 'node', 'import'];

/**
 * Packages that `require` cannot load everywhere, since they are ES modules only: Node itself does, Jest does not. They
 * are built into what is required, though they are installed.
 */
const builtIntoCommonJs = ['age-encryption'];

/** What is loaded later, and only where a document is read. */
const isDocumentReader = (id) => /[/]node_modules[/]zod[/]/.test(id);

export async function emitBundles({ folder, manifest, entries }) {
  const isBeside = installedBeside(manifest);
  const context = { folder, entries, ports: readPorts(manifest), inlined: new Set() };
  const esm = await bundle(context, { format: 'esm', isExternal: isBeside });
  // A program is started, not required.
  const imported = entries.filter(({ subpath }) => subpath !== undefined);
  const cjs = await bundle(
    { ...context, entries: imported },
    { format: 'cjs', isExternal: (id) => isBeside(id) && !builtIntoCommonJs.includes(id) },
  );
  return { files: { ...esm, ...cjs, ...cjsManifest(context) }, inlined: [...context.inlined] };
}

/** Files of a package.json's folder are CommonJS, and a bundler for pages takes the ports for the web. */
function cjsManifest({ ports }) {
  const browser = Object.fromEntries(
    ports.map(({ name }) => [`./ports/${name}.js`, `./ports/web/${name}.js`]),
  );
  const manifest = { type: 'commonjs', sideEffects: false, ...(ports.length > 0 && { browser }) };
  return { 'cjs/package.json': `${JSON.stringify(manifest, undefined, 2)}\n` };
}

async function bundle({ folder, entries, ports, inlined }, { format, isExternal }) {
  // Ports for Node are part of what is imported. What is required keeps them apart, for bundlers to replace.
  const portsApart = format === 'cjs' ? ports : [];
  const portEntries = portsApart.flatMap(({ name, node, default: web }) => [
    [`ports/${name}`, node],
    [`ports/web/${name}`, web],
  ]);
  const graph = new Map();
  const build = await rolldown({
    cwd: folder,
    input: Object.fromEntries([...entries.map(({ name, source }) => [name, source]), ...portEntries]),
    platform: 'node',
    resolve: { conditionNames: conditions },
    treeshake: { moduleSideEffects: false },
    external: (id) =>
      id.startsWith('node:') || isExternal(id) || portsApart.some(({ specifier }) => specifier === id),
    plugins: [
      {
        name: 'graph',
        buildEnd() {
          for (const id of this.getModuleIds()) graph.set(id, this.getModuleInfo(id)?.importedIds ?? []);
        },
      },
    ],
    onLog(level, log) {
      // Modules that are loaded later by one file and at once by another are where they must be.
      if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(`${level}: ${log.message}`);
    },
  });
  try {
    const options = {
      format,
      dir: join(folder, 'dist', format),
      exports: 'named',
      chunkFileNames: '[name].js',
      comments: { legal: true, annotation: true, jsdoc: false },
    };
    const { output } = await build.generate(options);
    const groups = chunkGroups(output, graph, { folder, entries, portEntries });
    const { output: chunks } = await build.generate({ ...options, codeSplitting: { groups } });
    for (const { moduleIds } of chunks) {
      for (const id of moduleIds) if (id.includes('/node_modules/')) inlined.add(id);
    }
    const texts = await Promise.all(
      chunks.map(async ({ fileName, code, isEntry }) => {
        const text = format === 'cjs' ? withRequiredPorts(required(code), fileName, ports) : code;
        // What an entry exports is found by its looks, so it keeps them.
        return [`${format}/${fileName}`, isEntry ? text : await compact(text)];
      }),
    );
    return Object.fromEntries(texts);
  } finally {
    await build.close();
  }
}

/** Which modules share a file, by what the entries load at once. */
function chunkGroups(output, graph, { folder, entries, portEntries }) {
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const loadedBy = (isStart) => {
    const modules = new Set();
    const seen = new Set();
    const visit = (fileName) => {
      const chunk = chunks.get(fileName);
      if (chunk === undefined || seen.has(fileName)) return;
      seen.add(fileName);
      for (const id of chunk.moduleIds) modules.add(id);
      chunk.imports.forEach(visit);
    };
    for (const { fileName, isEntry, name } of output) if (isEntry && isStart(name)) visit(fileName);
    return modules;
  };
  const sources = (list) => new Set(list.map((source) => join(folder, source)));
  const portSources = sources(portEntries.map(([, source]) => source));
  const portNames = new Set(portEntries.map(([name]) => name));
  const ofNodePorts = loadedBy((name) => portNames.has(name) && !name.startsWith('ports/web/'));
  const ofWebPorts = loadedBy((name) => name.startsWith('ports/web/'));
  const hasWebEntries = entries.some(({ forNode }) => !forNode);
  // A program runs when it is loaded, so nothing that is imported shares a file with it.
  const isShared = ({ subpath, forNode }) => subpath !== undefined && !(hasWebEntries && forNode);
  const eager = loadedBy((name) => entries.some((entry) => entry.name === name && isShared(entry)));
  const ofOthers = loadedBy((name) => entries.some((entry) => entry.name === name && !isShared(entry)));

  const documents = new Map();
  const readsDocuments = (id) => {
    if (!documents.has(id)) {
      documents.set(id, false);
      documents.set(id, isDocumentReader(id) || (graph.get(id) ?? []).some(readsDocuments));
    }
    return documents.get(id);
  };
  const isOfPorts = (id) => ofNodePorts.has(id) || ofWebPorts.has(id);
  return [
    // What ports stand on is apart from what stands on ports, so that no file requires one that requires it.
    {
      name: 'base',
      priority: 3,
      test: (id) =>
        isOfPorts(id) &&
        !portSources.has(id) &&
        (eager.has(id) || (ofNodePorts.has(id) && ofWebPorts.has(id))),
    },
    { name: 'main', priority: 2, test: (id) => eager.has(id) && !isOfPorts(id) },
    {
      name: 'later',
      priority: 1,
      test: (id) => !eager.has(id) && !isOfPorts(id) && !ofOthers.has(id) && !readsDocuments(id),
    },
    {
      name: 'documents',
      priority: 1,
      test: (id) => !eager.has(id) && !isOfPorts(id) && !ofOthers.has(id) && readsDocuments(id),
    },
  ];
}

/**
 * Jest knows no `import()` in what is required. What is awaited at once is required in its place, so that bundlers see
 * the `try` around a package that may be missing.
 */
const required = (code) =>
  code
    .replace(/\bawait\s+import\((["'][^"']+["'])\)(?!\s*\.)/g, 'await require($1)')
    .replace(/\bimport\((["'][^"']+["'])\)/g, 'Promise.resolve().then(() => require($1))');

function withRequiredPorts(code, fileName, ports) {
  const up = '../'.repeat(fileName.split('/').length - 1) || './';
  return ports.reduce(
    (text, { specifier, name }) =>
      text.replaceAll(
        new RegExp(`require\\((["'])${specifier}\\1\\)`, 'g'),
        `require("${up}ports/${name}.js")`,
      ),
    code,
  );
}
