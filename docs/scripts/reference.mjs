// The API reference: one page for each entry of each public package, by TypeDoc from the docstrings.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { repository } from '../.vitepress/project.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** TypeDoc empties it before it writes. */
const folder = join(root, 'docs', 'api');

/** The entries of all public packages: what one imports, and the file that it is. */
function entriesOfPackages() {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    if (manifest.private) return [];
    return Object.entries(manifest.exports)
      .filter(([path]) => path !== './package.json')
      .map(([path, target]) => ({
        name: join(name, path).split(sep).join('/'),
        file: join(root, 'packages', name, target['@oss-envelope/source']),
      }));
  });
}

/** Writes the pages of the reference into `docs/api`. */
export async function writeReference() {
  const entries = entriesOfPackages();
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: entries.map(({ file }) => file),
    tsconfig: join(root, 'docs', 'tsconfig.json'),
    outputs: [{ name: 'markdown', path: folder }],
    name: 'API reference',
    readme: 'none',
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableGit: true,
    basePath: root,
    sourceLinkTemplate: `${repository}/blob/main/packages/{path}#L{line}`,
    parametersFormat: 'table',
    sanitizeComments: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    logLevel: 'Warn',
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const file = module.sources?.[0]?.fullFileName ?? '';
      const entry = entries.find((candidate) => relative(candidate.file, file) === '');
      if (entry) module.name = entry.name;
    }
  });
  // What each class of errors has of its root would fill most of the page.
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const inherited of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      const isError = inherited.parent?.name.endsWith('Error');
      if (isError && inherited.inheritedFrom !== undefined) project.removeReflection(inherited);
    }
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources; what it said is above.');
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc found errors; they are above.');
}
