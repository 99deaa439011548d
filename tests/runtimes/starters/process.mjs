// Node, Deno and Bun: runs the suite of the module that the first argument names, and prints what came of it.
import process from 'node:process';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const where = JSON.parse(new TextDecoder().decode(await new Blob(chunks).arrayBuffer()));

const { runSuite } = await import(process.argv[2]);
const results = await runSuite(where);
await new Promise((resolve) => process.stdout.write(JSON.stringify(results), resolve));
process.exit(0);
