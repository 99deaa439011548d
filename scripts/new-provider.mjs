// Makes the package of a new key provider out of scripts/new-provider: sources, a stand-in for the service, the cases of
// conformance, and the package.json and tsconfigs that the other packages have. It passes its tests as it is made.
// usage: node scripts/new-provider.mjs NAME [FOLDER]
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const template = join(root, 'scripts', 'new-provider');
/** The smallest provider, whose settings the new one takes over. */
const model = join(root, 'packages', 'provider-aes');

const [name = '', folder = join(root, 'packages')] = process.argv.slice(2);
if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
  console.error('usage: node scripts/new-provider.mjs NAME, such as vault or cloud-hsm');
  process.exit(2);
}
const target = join(folder, `provider-${name}`);
if (await stat(target).catch(() => undefined)) {
  console.error(`${target} is there already.`);
  process.exit(1);
}

const camelName = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const pascalName = camelName[0].toUpperCase() + camelName.slice(1);
/** `acme` is the name in the template: in identifiers, in types, and in words. */
const named = (text) =>
  text
    .replace(/\bacme(?=[A-Z])/g, camelName)
    .replace(/Acme/g, pascalName)
    .replace(/acme/g, name);

async function write(path, text) {
  await mkdir(dirname(join(target, path)), { recursive: true });
  await writeFile(join(target, path), text);
}

for (const entry of await readdir(template, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  await write(named(path.slice(template.length + 1)), named(await readFile(path, 'utf8')));
}
for (const file of ['tsconfig.json', 'tsconfig.build.json']) {
  await write(file, await readFile(join(model, file), 'utf8'));
}

const manifest = JSON.parse(
  (await readFile(join(model, 'package.json'), 'utf8')).replaceAll('-aes', `-${name}`),
);
const { '.': main, './package.json': itself } = manifest.exports;
const { typesVersions: _, ...rest } = manifest;
const published = { '.': manifest.publishConfig.exports['.'], './package.json': itself };
const text = {
  ...rest,
  description: `Wraps keys by ${name}`,
  keywords: [...manifest.keywords.slice(0, 5), name, 'key-wrapping'],
  exports: { '.': main, './package.json': itself },
  publishConfig: { ...manifest.publishConfig, exports: published },
};
await write('package.json', `${JSON.stringify(text, undefined, 2)}\n`);
console.log(`Made ${target}. What comes next is in CONTRIBUTING.md, "A key provider".`);
