// `npm run docs`: the reference out of the docstrings, then the site. With --preview the site is served afterwards, with
// --dev it is served as it is written.
import { fileURLToPath } from 'node:url';
import { build, createServer, serve } from 'vitepress';
import { writeReference } from './reference.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const [option] = process.argv.slice(2);
if (option !== undefined && option !== '--preview' && option !== '--dev') {
  console.error('usage: npm run docs -- [--preview|--dev]');
  process.exit(2);
}

await writeReference();

if (option === '--dev') {
  const server = await createServer(docs);
  await server.listen();
  server.printUrls();
} else {
  // Fails where a link leads nowhere.
  await build(docs);
  if (option === '--preview') await serve({ root: docs });
}
