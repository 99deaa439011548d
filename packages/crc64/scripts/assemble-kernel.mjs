// Assembles kernel/*.wat into src/kernel.generated.ts. With --check it writes nothing and fails when the
// committed module is not what the text gives.
import { readFile, writeFile } from 'node:fs/promises';
import loadWabt from 'wabt';

const target = new URL('../src/kernel.generated.ts', import.meta.url);

// The scalar module must load where only the first version of WebAssembly is known.
const versions = [
  { name: 'simdKernel', part: 'fold-simd.wat', features: { simd: true } },
  { name: 'scalarKernel', part: 'fold-scalar.wat', features: {} },
];
const firstVersion = {
  mutable_globals: false,
  sat_float_to_int: false,
  sign_extension: false,
  simd: false,
  multi_value: false,
  bulk_memory: false,
  reference_types: false,
};

async function source(name) {
  return readFile(new URL(`../kernel/${name}`, import.meta.url), 'utf8');
}

async function assemble(wabt, { part, features }) {
  const enabled = { ...firstVersion, ...features };
  const text = `(module\n${await source('common.wat')}\n${await source(part)})\n`;
  const module = wabt.parseWat(part, text, enabled);
  try {
    module.resolveNames();
    module.validate(enabled);
    return Buffer.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

const wabt = await loadWabt();
const lines = ['// Written by scripts/assemble-kernel.mjs from kernel/*.wat: change those and run it again.'];
for (const version of versions) {
  const bytes = await assemble(wabt, version);
  lines.push(
    '',
    `/** The module of common.wat and ${version.part}, ${bytes.length} bytes, in base64. */`,
    `export const ${version.name}: string =`,
    `  '${bytes.toString('base64')}';`,
  );
}
const generated = `${lines.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8')) !== generated) {
    console.error('src/kernel.generated.ts is not what kernel/*.wat gives: run scripts/assemble-kernel.mjs');
    process.exitCode = 1;
  }
} else {
  await writeFile(target, generated);
}
