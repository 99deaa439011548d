// Lists the clauses of docs/formats.md that no source file or no test cites, and citations of clauses that there are not.
// A citation is the clause's name, such as S7, in a comment. A range of clauses cites none of them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = readFileSync(join(root, 'docs/formats.md'), 'utf8');
const clauses = [...page.matchAll(/^\*\*([ACS]\d+)\. /gm)].map(([, name]) => name);

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (/\.(ts|mjs)$/.test(entry.name)) yield path;
  }
}

/** The clauses that a file cites. */
function citationsOf(path) {
  const comments = readFileSync(path, 'utf8').match(/\/\*\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*/g) ?? [];
  const text = comments.join('\n').replace(/\b([ACS])\d+ to \1\d+\b/g, '');
  return [...text.matchAll(/\b[ACS]\d{1,2}\b/g)].map(([name]) => name);
}

const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const files = [...packages, join(root, 'tests')].flatMap((folder) => [...filesIn(folder)]);
const isTest = (path) => !/^packages\/[^/]+\/src\//.test(path) || /\.test\.ts$/.test(path);
const cited = { code: new Set(), test: new Set() };
const problems = [];
for (const file of files) {
  const path = file.slice(root.length + 1).replaceAll('\\', '/');
  for (const name of citationsOf(file)) {
    cited[isTest(path) ? 'test' : 'code'].add(name);
    if (!clauses.includes(name)) problems.push(`${path} cites ${name}, which docs/formats.md does not have`);
  }
}
if (clauses.length === 0) problems.push('docs/formats.md has no clauses');
for (const name of clauses) {
  for (const [kind, names] of Object.entries(cited)) {
    if (!names.has(name)) problems.push(`${name} of docs/formats.md is cited by no ${kind}`);
  }
}
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`The ${clauses.length} clauses of docs/formats.md are cited by code and by tests.`);
else process.exitCode = 1;
