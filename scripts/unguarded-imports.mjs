// A page may be older than the files that are served: what it loads later may not be there. The runtime's own error is of
// no type, and shows the file's address. So nothing for pages imports later without taking the failure.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { readEntries } from './packages/entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What makes an error of this project of it: functions that take what `import()` gives. */
const takesPromises = ['loaded', 'otherForms'];
/** What takes a function that imports. */
const takesLoaders = ['lazyModule'];

const isImport = (node) => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
const isCallOf = (node, names) =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.includes(node.expression.text);

/** How many functions a method takes that then takes a failure too. */
const argumentsOf = new Map([
  ['catch', 1],
  ['then', 2],
]);

/** `import(…).catch(…)`, or `.then` with a function for either end. */
function isCaught({ parent }) {
  if (!ts.isPropertyAccessExpression(parent) || !ts.isCallExpression(parent.parent)) return false;
  return parent.parent.arguments.length === argumentsOf.get(parent.name.text);
}

/** `await import(…)` in a block whose failure is caught, in the same function. */
function isTried({ parent }) {
  if (!ts.isAwaitExpression(parent)) return false;
  for (let node = parent; node.parent && !ts.isFunctionLike(node); node = node.parent) {
    if (ts.isTryStatement(node.parent) && node.parent.tryBlock === node && node.parent.catchClause)
      return true;
  }
  return false;
}

const isGuarded = (node) =>
  isCallOf(node.parent, takesPromises) ||
  (ts.isArrowFunction(node.parent) && isCallOf(node.parent.parent, takesLoaders)) ||
  isCaught(node) ||
  isTried(node);

let guarded = 0;
function look(node, file) {
  if (isImport(node)) {
    if (isGuarded(node)) guarded++;
    else {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      console.error(
        `${file.fileName}:${line + 1}: a page may fail to load this: import it by loaded() or lazyModule()`,
      );
      process.exitCode = 1;
    }
  }
  ts.forEachChild(node, (child) => look(child, file));
}

for (const name of readdirSync(join(root, 'packages'))) {
  const folder = `packages/${name}`;
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (!readEntries(manifest).some(({ forNode }) => !forNode)) continue;
  for (const path of readdirSync(join(root, folder, 'src'), { recursive: true })) {
    const place = `${folder}/src/${path.replaceAll('\\', '/')}`;
    // What is in a folder `node`, no page has.
    if (!/(?<!\.test)\.ts$/.test(place) || place.includes('/node/')) continue;
    const text = readFileSync(join(root, place), 'utf8');
    const file = ts.createSourceFile(place, text, ts.ScriptTarget.Latest, true);
    look(file, file);
  }
}
if (guarded === 0)
  throw new Error('No source for pages imports anything later: this looks in the wrong place.');
