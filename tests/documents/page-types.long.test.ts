import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { blocksOf } from './page-program.js';
import { givenAs, type Page, pagesWithOwnTest, readPage, root, runnablePages } from './pages.js';

const pair = { publicKey: '', privateKey: '' };
const credentials = { accessKeyId: '', accessKeySecret: '' };
const context = { endpoint: '', kmsUrl: '', stsUrl: '', ...credentials, credentials, pair };

/** What the compiler says of programs, in the terms of the pages. */
function complaintsAbout(files: ReadonlyMap<string, string>): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tests', 'tsconfig.json'),
    { noUnusedLocals: false, noUnusedParameters: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  const program = ts.createProgram([...files.keys()], config?.options ?? expect.fail('no options'));
  return [...files].flatMap(([file, page]) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText, start = 0 }) => {
        const line = source?.text.slice(start).split('\n')[0] ?? '';
        return `${page}: ${line.trim()}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}

async function typesOf(pages: readonly (Page & { readonly markdown: string })[]): Promise<string[]> {
  const cache = join(root, 'tests', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'types-'));
  try {
    const files = new Map<string, string>();
    for (const { path, given, markdown } of pages) {
      const file = join(folder, `${path.replace(/\W/g, '-')}.ts`);
      await writeFile(
        file,
        `${givenAs(given, context)}\n${blocksOf(markdown, ['ts']).join('\n')}\nexport {};\n`,
      );
      files.set(file, path);
    }
    return complaintsAbout(files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('the code of the pages has the types that it should', { timeout: 300_000 }, async () => {
  const pages = await Promise.all(
    [...runnablePages, ...pagesWithOwnTest].map(async (page) => ({
      ...page,
      markdown: await readPage(page.path),
    })),
  );
  const wrong = { path: 'wrong.md', given: ['bucket'] as const, leastAssertions: 0 };
  const markdown = "```ts\nawait bucket.put('a', 'b', { mime: 'text/plain' });\n```\n";
  const complaints = await typesOf([
    ...pages,
    { ...wrong, given: ['transport', 'provider', 'bucket'], markdown },
  ]);
  expect(complaints.filter((text) => text.startsWith('wrong.md'))).toEqual([
    expect.stringContaining("'mime' does not exist"),
  ]);
  expect(complaints.filter((text) => !text.startsWith('wrong.md'))).toEqual([]);
});
