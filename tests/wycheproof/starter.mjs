// Node, Deno and Bun: runs the vectors of standard input by the module that the first argument names.
import process from 'node:process';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const sets = JSON.parse(new TextDecoder().decode(await new Blob(chunks).arrayBuffer()));
const { run } = await import(process.argv[2]);
const results = await run(sets);
await new Promise((resolve) => process.stdout.write(JSON.stringify(results), resolve));
process.exit(0);
