// A plugin of Stryker: what is written for people may change at any time, so no test holds it word by word.

/** Begins of what is put behind the name of an argument, a header or a file. */
const begins = /^(must|is|are|was|has|have|does|cannot|comes?|gives?|holds?|needs?) /;
const sentence = /([A-Za-z']+[,:]? ){3}/;
const words = /[A-Za-z']+,? [A-Za-z'`]+/;

const textOf = (node) =>
  node.type === 'StringLiteral'
    ? node.value
    : node.type === 'TemplateLiteral'
      ? node.quasis.map(({ value }) => value.raw).join('…')
      : undefined;

function isInError(path) {
  let at = path.parentPath;
  for (; at && !at.isFunction() && !at.isStatement(); at = at.parentPath) {
    if (at.isNewExpression() && /Error$/.test(at.node.callee.name ?? '')) return true;
  }
  return at?.isThrowStatement() ?? false;
}

function shouldIgnore(path) {
  const text = textOf(path.node);
  if (text === undefined) return undefined;
  if (begins.test(text) || sentence.test(text) || (words.test(text) && isInError(path)))
    return 'It is a sentence for people.';
  return undefined;
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'prose', value: { shouldIgnore } }];
