const fence = /^( *)```(ts|js|cjs|json)\n(.*?)^\1```$/gms;

/** The blocks of TypeScript and JavaScript in a page, or of one of them, those in lists too. */
export function blocksOf(markdown: string, languages: readonly string[] = ['ts', 'js']): string[] {
  return [...markdown.matchAll(fence)]
    .filter(([, , language = '']) => languages.includes(language))
    .map(([, indent = '', , code = '']) => code.replace(new RegExp(`^${indent}`, 'gm'), ''));
}

/** A program, and how many assertions it makes. */
export interface Program {
  readonly program: string;
  readonly assertions: number;
}

/** Code of a document as a module; a line `expression; // => value` becomes an assertion, and so does one that prints it. */
export function withAssertions(code: string): Program {
  let assertions = 0;
  const program = code.replace(
    /^( *)(?:console\.log\((.*)\)|(.*)); \/\/ => (.*)$/gm,
    (_, indent: string, printed: string | undefined, silent: string | undefined, value) => {
      const expression = printed ?? silent;
      assertions++;
      return `${indent}expect(${expression}, ${JSON.stringify(expression)}).toEqual(${value});`;
    },
  );
  return { program, assertions };
}
