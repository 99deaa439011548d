import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { navOf, sidebarOf } from './navigation.mjs';
import { linksToRepository, repository } from './project.mjs';

/** The pages in Chinese are in a folder of their own, once they are there. */
const hasChinese = existsSync(fileURLToPath(new URL('../zh/index.md', import.meta.url)));

const chinese = {
  label: '简体中文',
  lang: 'zh-CN',
  description: '阿里云 OSS 客户端加密',
  themeConfig: {
    nav: navOf('zh'),
    get sidebar() {
      return sidebarOf('zh');
    },
    outline: { level: [2, 3], label: '本页目录' },
    docFooter: { prev: '上一页', next: '下一页' },
    darkModeSwitchLabel: '外观',
    lightModeSwitchTitle: '切换到浅色模式',
    darkModeSwitchTitle: '切换到深色模式',
    sidebarMenuLabel: '菜单',
    returnToTopLabel: '回到顶部',
    langMenuLabel: '语言',
    skipToContentLabel: '跳到正文',
    footer: { message: '以 MIT 许可证发布' },
  },
};

const chineseSearch = {
  translations: {
    button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
    modal: {
      displayDetails: '显示详细列表',
      resetButtonTitle: '清除',
      backButtonTitle: '返回',
      noResultsText: '没有结果',
      footer: { selectText: '选择', navigateText: '移动', closeText: '关闭' },
    },
  },
};

/**
 * The words of a text, for the search. Chinese has no spaces, so there each two signs that stand together are one. The
 * site carries the text of this function to the page: it uses nothing from outside.
 */
function wordsOf(text) {
  return text.split(/[\n\r\p{Z}\p{P}]+/u).flatMap((word) => {
    const signs = word.match(/\p{Script=Han}/gu);
    if (signs === null || signs.length < 2) return [word];
    return [...word.split(/\p{Script=Han}+/u), ...signs.slice(1).map((sign, index) => signs[index] + sign)];
  });
}

// Where the site is not at the root of its host, as on GitHub Pages: DOCS_BASE=/oss-envelope/ npm run docs
const base = process.env.DOCS_BASE ?? '/';

export default defineConfig({
  title: 'oss-envelope',
  description: 'Client-side encryption for Alibaba Cloud OSS',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  cleanUrls: true,
  srcExclude: ['node_modules/**'],
  // The page of core in the reference is large, and warned of without need.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: { config: linksToRepository, languageAlias: { cjs: 'js' } },
  locales: {
    root: { label: 'English', lang: 'en' },
    ...(hasChinese && { zh: chinese }),
  },
  themeConfig: {
    nav: navOf('en'),
    sidebar: sidebarOf('en'),
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize: wordsOf } },
        ...(hasChinese && { locales: { zh: chineseSearch } }),
      },
    },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'Released under the MIT licence' },
  },
});
