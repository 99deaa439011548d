import { transform } from 'esbuild';

/** Where lines are broken, in characters: short enough to be shown with an error, and a break costs up to three bytes. */
export const lineLimit = 240;

/** Without comments and indentation. Names and lines stay, since an uncaught error shows them. */
export async function compact(text) {
  const { code } = await transform(text, {
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit,
    legalComments: 'none',
    target: 'es2022',
  });
  // A class that names itself within gets another name there, which consoles would show.
  return [...code.matchAll(/\b(?:var|let|const) (\w+)=class (\1\d+)\b/g)].reduce(
    (text, [, name, other]) => text.replaceAll(new RegExp(`\\b${other}\\b`, 'g'), name),
    code,
  );
}
