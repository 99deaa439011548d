import { describe, expect, it } from 'vitest';
import { createProgram, isHelp, isUsageTold, usageMessage, wantsOf } from './program.js';

/** Reads a command line, and what the parser says of it. Nothing is carried out. */
async function read(...args: readonly string[]) {
  let out = '';
  let error: unknown;
  let flags: object | undefined;
  const program = createProgram('1.2.3', async (given) => {
    flags = given;
  });
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command.configureOutput({
      writeOut: (text) => {
        out += text;
      },
      writeErr: () => {},
    });
  }
  try {
    await program.parseAsync(['node', 'oss-envelope', ...args]);
  } catch (thrown) {
    error = thrown;
  }
  return { out, error, flags, names: program.commands.map((command) => command.name()) };
}

describe('help', async () => {
  const { names } = await read();

  it('lists all commands and the exit status', async () => {
    const { out, error } = await read('--help');
    expect(isHelp(error)).toBe(true);
    expect(names.length).toBeGreaterThanOrEqual(10);
    for (const name of names) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(out).toContain('130 interrupted');
  });

  const ofJobs = ['start', 'work', 'status', 'report', 'failures', 'pause', 'resume', 'cancel'];
  const all = [...names, ...ofJobs.map((name) => `jobs ${name}`)];
  it.each(all)('of %s fits a screen, and has examples that can be read', async (name) => {
    const { out } = await read(...name.split(' '), '--help');
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const examples = lines.filter((line) => line.startsWith('  $ oss-envelope '));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = example.trim().split(' | ')[0]?.split(' ').slice(2) ?? [];
      const { error, flags } = await read(...words);
      expect([error, flags], example).toEqual([undefined, expect.any(Object)]);
    }
  });
});

describe('a command line that cannot be read', () => {
  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['ls', '--frob', 'oss://photos'], "unknown option '--frob'"],
    [['ls'], "missing required argument 'prefix'"],
    [['ls', 'oss://a', 'oss://b'], 'too many arguments'],
    [['ls', '--concurrency', '0', 'oss://a'], 'a whole number from 1 to 256'],
    [['ls', '--output', 'xml', 'oss://a'], 'Allowed choices are text, json'],
    [['keygen', 'dsa', 'x'], 'Allowed choices are rsa, aes, age'],
  ])('%j is told', async (args, message) => {
    const { error } = await read(...args);
    expect([isHelp(error), isUsageTold(error)]).toEqual([false, true]);
    expect(usageMessage(error)).toContain(message);
    expect(usageMessage(error)).not.toMatch(/^error/);
  });

  it.each([
    [['ls', '--output', 'json', '--frob'], 'json', false],
    [['ls', '--output=json', '--frob'], 'json', false],
    [['cat', '--output=json'], 'json', true],
    [['cp', '--output=json', '--frob', 'oss://photos/a', '-'], 'json', true],
    [['cp', '--output=json', '--frob', '-', 'oss://photos/a'], 'json', false],
    [['ls', '--output', 'text'], undefined, false],
    [['ls', '--', '--output=json'], undefined, false],
    [[], undefined, false],
  ])('%j says what it can of output', (args, output, isContentPrinted) => {
    const wants = wantsOf(args);
    expect([wants.flags.output, wants.isContentPrinted]).toEqual([output, isContentPrinted]);
  });
});

it('a dash or a key behind -- is no flag', async () => {
  expect((await read('cat', '--key', 'k', '--', 'oss://photos/--')).error).toBeUndefined();
  expect((await read('cp', '--key', 'k', '--', '-odd', 'oss://photos/x')).error).toBeUndefined();
});
