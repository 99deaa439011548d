import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ownFiles } from '../support/own-files.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
async function pagesOfProject(): Promise<string[]> {
  const files = (await Promise.all(['docs', 'packages', 'examples', 'tests'].map(ownFiles))).flat();
  return ['README.md', ...files.filter((path) => path.endsWith('.md') && !path.endsWith('/CHANGELOG.md'))];
}

/** What a page says outside its blocks of code. */
const proseOf = (markdown: string): string => markdown.replace(/^( *)```.*?^\1```/gms, '');

/** The names of a page's headings in links: as GitHub and the site make them. */
function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(markdown).matchAll(/^#+ +(.*)$/gm)].map(([, title = '']) => {
    const name = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
}

async function brokenLinksOf(page: string): Promise<string[]> {
  const markdown = await readFile(join(root, page), 'utf8');
  const broken: string[] = [];
  for (const [, target = ''] of proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)) {
    // Addresses, and pages that exist in the built site only: the build of the site tries those.
    if (/^[a-z]+:|^\//.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(root, page) : join(root, dirname(page), path);
    const known = await access(file).then(
      () => true,
      () => false,
    );
    const anchors = known && anchor !== undefined ? anchorsOf(await readFile(file, 'utf8')) : [];
    if (!known || (anchor !== undefined && !anchors.includes(anchor))) broken.push(target);
  }
  return broken;
}

it('names headings as links do', () => {
  expect(anchorsOf('# A `b`: c\n\n```sh\n# no heading\n```\n\n## A b c')).toEqual(['a-b-c', 'a-b-c-1']);
});

it('every link between files of the project leads to a file, and to a heading of it', async () => {
  const pages = await pagesOfProject();
  expect(pages.length).toBeGreaterThan(20);
  const broken: Record<string, string[]> = {};
  for (const page of pages) {
    const links = await brokenLinksOf(page);
    if (links.length > 0) broken[relative(root, join(root, page))] = links;
  }
  expect(broken).toEqual({});
});
