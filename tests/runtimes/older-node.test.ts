import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it.each(['18.20.8', '20.18.3'])(
  'an older Node, %s, is told what it lacks, and nothing is installed',
  async (version) => {
    const script = fileURLToPath(new URL('../../scripts/run.cjs', import.meta.url));
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(script)});`;
    const [code, output] = await new Promise<[unknown, string]>((resolve) =>
      execFile(process.execPath, ['-e', pretend, 'run.cjs', 'test'], (error, stdout, stderr) =>
        resolve([error?.code, stdout + stderr]),
      ),
    );
    expect(code).toBe(1);
    expect(output).toContain(`needs Node 20.19 or later, and this is Node ${version}`);
    expect(output).not.toContain('Setting up');
  },
);
