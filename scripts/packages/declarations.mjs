// The types of what can be imported, file by file, and the same files again beside what is required: TypeScript takes
// the format of a declaration from the package.json next to it.
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import ts from 'typescript';

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  declaration: true,
  isolatedDeclarations: true,
  stripInternal: true,
  newLine: ts.NewLineKind.LineFeed,
};

/**
 * `Uint8Array` has a type parameter since TypeScript 5.7. What `Uint8Array.of` gives is `Uint8Array<ArrayBuffer>` there
 * and `Uint8Array` before.
 */
const forOlderCompilers = (text) =>
  text.replaceAll('Uint8Array<ArrayBuffer>', "ReturnType<Uint8ArrayConstructor['of']>");

/** A tab for four blanks: declarations are a large part of what is installed. */
const withTabs = (text) => text.replace(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4));

/** The compiler declares methods like `[Symbol.iterator]` twice here, first as a property. */
const withoutDoubles = (text) =>
  text.replace(/^ *(?:static )?(\[Symbol[.]\w+\]): .*;\n/gm, (line, name) =>
    text.includes(`${name}(`) ? '' : line,
  );

/** Where a declaration names another module. */
const specifiers = /((?<!["'])\bfrom\s*|\bimport\s*\(?\s*)["']([^"'\n]+)["']/g;

/**
 * What a declaration may name besides modules of Node: our packages, and peers that everyone has. A library that a package
 * brings may change its types, or ask for settings that its users do not have; and what is optional may not be there.
 */
function shownBeside({ name, dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) {
  const ours = [name, ...Object.keys(dependencies)].filter((each) => each.startsWith('@oss-envelope/'));
  const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
  const names = [...ours, ...peers];
  return (specifier) => names.some((known) => specifier === known || specifier.startsWith(`${known}/`));
}

export async function emitDeclarations({ folder, manifest, entries }) {
  const isShown = shownBeside(manifest);
  const files = {};
  const entryNames = new Set(entries.map(({ name }) => name));
  /** Where the declarations of a module are beside what is required: in one folder, since each weighs like a file. */
  const required = (name) => `cjs/${entryNames.has(name) ? name : `types/${name.replaceAll('/', '-')}`}`;
  const requiredFrom = (name, specifier) => {
    const target = posix.join(posix.dirname(name), specifier.replace(/[.]js$/, ''));
    const path = posix.relative(posix.dirname(required(name)), required(target));
    return `${path.startsWith('.') ? path : `./${path}`}.js`;
  };
  const waiting = entries.filter(({ subpath }) => subpath !== undefined).map(({ name }) => name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (`${name}.d.ts` in files) continue;
    const fileName = `src/${name}.ts`;
    const { outputText, diagnostics } = ts.transpileDeclaration(
      await readFile(join(folder, fileName), 'utf8'),
      { fileName, compilerOptions, reportDiagnostics: true },
    );
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, diagnosticsHost(folder)));
    const text = withTabs(forOlderCompilers(withoutDoubles(outputText)));
    files[`${name}.d.ts`] = text;
    files[`${required(name)}.d.ts`] = text.replace(specifiers, (whole, before, specifier) =>
      specifier.startsWith('.') ? `${before}'${requiredFrom(name, specifier)}'` : whole,
    );
    for (const [, , specifier] of text.matchAll(specifiers)) {
      if (specifier.startsWith('.'))
        waiting.push(posix.join(posix.dirname(name), specifier.replace(/[.]js$/, '')));
      else if (!isShown(specifier) && !builtinModules.includes(specifier.replace(/^node:/, '')))
        throw new Error(
          `${fileName} shows types of ${specifier}, which not everyone has beside ${manifest.name}: mark what has them @internal`,
        );
    }
  }
  return files;
}

const diagnosticsHost = (folder) => ({
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => folder,
  getNewLine: () => '\n',
});
