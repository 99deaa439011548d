const fence = /^```ts\n(.*?)^```$/gms;

/** The blocks of TypeScript in a page. */
export function blocksOf(markdown: string): string[] {
  return [...markdown.matchAll(fence)].map((match) => match[1] as string);
}

/** A program, and how many assertions it makes. */
export interface Program {
  readonly program: string;
  readonly assertions: number;
}

/** Code of a document as a module; a line `expression; // => value` becomes an assertion. */
export function withAssertions(code: string): Program {
  let assertions = 0;
  const program = code.replace(
    /^( *)(.*); \/\/ => (.*)$/gm,
    (_, indent: string, expression: string, value) => {
      assertions++;
      return `${indent}expect(${expression}, ${JSON.stringify(expression)}).toEqual(${value});`;
    },
  );
  return { program, assertions };
}
