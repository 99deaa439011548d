// The build for bundlers: one file a module, so that a page holds what it uses and loads the rest when it needs it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { compact, lineLimit } from './compact.mjs';
import { installedBeside } from './entries.mjs';

/** Where the schemas of documents come from, and where the part of it that is used goes. */
const schemas = { specifier: 'zod/mini', path: 'zod-mini.js' };

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  removeComments: true,
};

export async function emitModules({ folder, manifest, entries }) {
  const starts = entries.filter(({ forNode }) => !forNode);
  if (starts.length === 0) return {};
  const isBeside = installedBeside(manifest);
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: starts.map(({ source }) => source),
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@oss-envelope/source'],
    plugins: [
      {
        name: 'what is beside',
        setup({ onResolve }) {
          onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
            kind !== 'entry-point' && (isBeside(path) || path === schemas.specifier)
              ? { path, external: true }
              : undefined,
          );
        },
      },
    ],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const files = {};
  const used = new Set();
  const inSource = (path) => posix.relative('src', path);
  for (const [path, { imports }] of Object.entries(metafile.inputs)) {
    const source = await readFile(posix.join(folder, path), 'utf8');
    const place = inSource(path).replace(/[.]ts$/, '.js');
    const targets = new Map(
      imports.map(({ path: target, original, external }) => [
        external ? target : original,
        external ? target : relativeTo(place, inSource(target).replace(/[.]ts$/, '.js')),
      ]),
    );
    if (targets.has(schemas.specifier)) {
      targets.set(schemas.specifier, relativeTo(place, schemas.path));
      for (const [, name] of source.matchAll(/\bz[.]([a-z]\w*)/g)) used.add(name);
    }
    const { outputText: code } = ts.transpileModule(source, { fileName: path, compilerOptions });
    const text = code.replace(
      /(\bfrom\s*|\bimport\s*\(\s*|^import\s*)(["'])([^"'\n]+)\2/gm,
      (whole, before, quote, specifier) =>
        targets.has(specifier) ? `${before}${quote}${targets.get(specifier)}${quote}` : whole,
    );
    files[place] = await compact(text);
  }
  if (used.size > 0) files[schemas.path] = await schemaLibrary(folder, used);
  return files;
}

function relativeTo(place, target) {
  const path = posix.relative(posix.dirname(place), target);
  return path.startsWith('.') ? path : `./${path}`;
}

/** The functions of zod that are used, and what those stand on. */
async function schemaLibrary(folder, used) {
  const known = createRequire(posix.join(folder, 'package.json'))(schemas.specifier);
  const names = [...used].filter((name) => name in known).sort();
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names.join(', ')} } from 'zod/mini';`, resolveDir: folder },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    lineLimit,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
