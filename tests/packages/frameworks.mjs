// Applications as frameworks build and serve them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bring, fetchModules, held, roundTrip } from './programs.mjs';
import { npmProject } from './projects.mjs';

const fetchPackages = ['@oss-envelope/core', '@oss-envelope/provider-rsa', '@oss-envelope/transport-fetch'];

/** A route of Next, on the runtime that it names. */
const route = (runtime) => `${bring('import', fetchModules)}${roundTrip}
export const runtime = '${runtime}';
export async function POST(request) {
  try { return new Response(await roundTrip(await request.json())); }
  catch (error) { return new Response(String(error.stack), { status: 500 }); }
}
`;

/** A component that runs in the page. */
const component = `'use client';
import { useState } from 'react';
${bring('import', fetchModules)}${roundTrip}
export default function Trial() {
  const [result, setResult] = useState('not tried');
  return <button onClick={async () => setResult(await roundTrip(window.where))}>{result}</button>;
}
`;

/** Versions as they are pinned. */
async function pinned(...names) {
  const { dependencies } = JSON.parse(await readFile(new URL('pins/package.json', import.meta.url), 'utf8'));
  return Object.fromEntries(names.map((name) => [name, dependencies[name]]));
}

async function textsIn(folder) {
  const files = await readdir(folder, { recursive: true });
  return Promise.all(
    files.filter((file) => file.endsWith('.js')).map((file) => readFile(join(folder, file), 'utf8')),
  );
}

/** Where a server says that it listens. */
async function originOf(child) {
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    const [origin] = /http:\/\/localhost:\d+/.exec(printed) ?? [];
    if (origin !== undefined) return origin;
  }
  throw new Error(`next start ended: ${printed}`);
}

export const frameworkCases = [
  {
    group: 'frameworks',
    name: 'Next: a client component, a route on Node and one on the edge runtime',
    async run({ packed, scratch, nodes, where }) {
      const project = await npmProject(
        scratch('next'),
        packed,
        fetchPackages,
        await pinned('next', 'react', 'react-dom'),
        { type: 'module' },
      );
      await project.write({
        'app/layout.jsx':
          'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n',
        'app/page.jsx': "import Trial from './trial.jsx';\nexport default () => <Trial />;\n",
        'app/trial.jsx': component,
        'app/node/route.js': route('nodejs'),
        'app/edge/route.js': route('edge'),
      });
      const next = project.path('node_modules', 'next', 'dist', 'bin', 'next');
      const env = { NEXT_TELEMETRY_DISABLED: '1' };
      await project.run(nodes[0], [next, 'build'], { env });
      const client = await textsIn(project.path('.next', 'static'));
      if (!client.some((text) => text.includes('x-oss-meta-oss-envelope-')))
        throw new Error('the client component is not in what the page loads');
      if (client.some((text) => /require\(["']node:|from ["']node:/.test(text)))
        throw new Error('the page loads what is for Node');
      const child = project.start(nodes[0], [next, 'start', '--port', '0'], { env });
      try {
        const origin = await originOf(child);
        const outputs = [];
        for (const path of ['node', 'edge']) {
          const body = JSON.stringify({ ...where, key: `next-${path}` });
          const answer = await fetch(`${origin}/${path}`, { method: 'POST', body });
          outputs.push(await answer.text());
        }
        const page = await (await fetch(origin)).text();
        outputs.push(page.includes('not tried') ? held : page);
        return outputs;
      } finally {
        child.kill();
      }
    },
  },
];
