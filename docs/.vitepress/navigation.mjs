// Which page stands where: the one list for both languages. The texts are the pages' own titles.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('..', import.meta.url));

/** Groups of pages, in their order. A page that is not named here comes last in the group that takes its folder. */
const groups = [
  {
    titles: { en: 'Start', zh: '开始' },
    pages: ['getting-started', 'which-format'],
  },
  {
    titles: { en: 'Guide', zh: '指南' },
    folder: 'guide',
    pages: [
      'guide/rsa',
      'guide/kms',
      'guide/secrets-and-age',
      'guide/sealed',
      'guide/everyday-calls',
      'guide/large-objects',
      'guide/ranges',
      'guide/browser-uploads',
      'guide/sharing-links',
      'guide/rotation',
      'guide/credentials',
      'guide/local-oss',
      'guide/commonjs-and-jest',
      'guide/bundlers',
      'guide/workers',
      'guide/command-line',
      'jobs',
    ],
  },
  {
    titles: { en: 'Migrating', zh: '迁移' },
    folder: 'migrating',
    pages: [
      'migrating/overview',
      'migrating/oss2',
      'migrating/python-v2',
      'migrating/java',
      'migrating/go',
      'migrating/cpp',
      'migrating/php',
    ],
  },
  {
    titles: { en: 'Reference', zh: '参考' },
    folder: '.',
    pages: ['errors', 'formats', 'runtimes', 'stability'],
  },
  {
    titles: { en: 'Trust', zh: '信任' },
    pages: ['security', 'proof', 'interop', 'performance', 'decisions'],
  },
  {
    titles: { en: 'Extend', zh: '扩展' },
    pages: ['adapters', 'architecture'],
  },
];

/** The page's own title: its first heading. */
function titleOf(file) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (title === undefined) throw new Error(`${file} has no title: begin it with a line "# …"`);
  return title.replace(/[`*]/g, '');
}

/** The pages of a folder that no group names. */
function furtherPages(folder) {
  const named = new Set(groups.flatMap(({ pages }) => pages));
  return readdirSync(join(docs, folder))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => (folder === '.' ? name : `${folder}/${name}`).slice(0, -'.md'.length))
    .filter((page) => !named.has(page))
    .sort();
}

/** The pages of the reference, which TypeDoc has made. */
function referencePages() {
  const folder = join(docs, 'api');
  if (!existsSync(folder)) throw new Error('The reference is not there: build the site by `npm run docs`');
  return readdirSync(folder, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && path !== 'index.md')
    .map((path) => path.slice(0, -'.md'.length))
    .sort();
}

/**
 * The sidebar of a language.
 *
 * @param language `en`, or `zh`, whose pages are in the folder of that name
 */
export function sidebarOf(language) {
  const prefix = language === 'en' ? '' : `${language}/`;
  const sections = groups.map(({ titles, pages, folder }) => ({
    text: titles[language],
    collapsed: false,
    items: [...pages, ...(folder === undefined ? [] : furtherPages(folder))].map((page) => ({
      text: titleOf(join(docs, `${prefix}${page}.md`)),
      link: `/${prefix}${page}`,
    })),
  }));
  return [
    ...sections,
    {
      text: { en: 'API', zh: 'API' }[language],
      collapsed: true,
      items: referencePages().map((page) => ({ text: page, link: `/api/${page}` })),
    },
  ];
}

/** The bar at the top, in a language. */
export function navOf(language) {
  const prefix = language === 'en' ? '' : `/${language}`;
  const texts = {
    en: ['Get started', 'Guide', 'Migrating', 'Errors', 'API', 'Security'],
    zh: ['快速开始', '指南', '迁移', '错误', 'API', '安全'],
  }[language];
  const links = [
    `${prefix}/getting-started`,
    `${prefix}/guide/rsa`,
    `${prefix}/migrating/overview`,
    `${prefix}/errors`,
    '/api/',
    `${prefix}/security`,
  ];
  return texts.map((text, index) => ({ text, link: links[index] }));
}
