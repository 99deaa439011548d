import { existsSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the sources are. Pages link to files of the project outside `docs/`, and the reference to declarations. */
export const repository = 'https://github.com/oss-envelope/oss-envelope';

/**
 * Leads the links of a page to files outside `docs/` to the repository, since those are no pages of the site.
 *
 * @throws {Error} if there is no such file
 */
export function linksToRepository(markdown) {
  const renderLink =
    markdown.renderer.rules.link_open ??
    ((tokens, index, options, _env, self) => self.renderToken(tokens, index, options));
  markdown.renderer.rules.link_open = (tokens, index, options, env, self) => {
    const href = tokens[index].attrGet('href') ?? '';
    const path = env?.path ? relative(root, env.path).split(sep).join('/') : '';
    const target = posix.normalize(posix.join(dirname(path), href.split('#')[0] ?? ''));
    if (/^\.\.?\//.test(href) && path !== '' && !target.startsWith('docs/')) {
      if (!existsSync(join(root, target))) throw new Error(`${path} links to ${href}, which is not there`);
      const anchor = href.includes('#') ? `#${href.split('#')[1]}` : '';
      tokens[index].attrSet('href', `${repository}/blob/main/${target}${anchor}`);
      tokens[index].attrSet('target', '_blank');
      tokens[index].attrSet('rel', 'noreferrer');
      return self.renderToken(tokens, index, options);
    }
    return renderLink(tokens, index, options, env, self);
  };
}
