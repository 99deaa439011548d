import type { Command } from 'commander';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { withKeys } from './command-parts.js';
import { commonOptions } from './help/common-options.js';
import { helpFormat, isExplainedElsewhere } from './help/help-format.js';
import { english, helpLanguageOf } from './help/help-language.js';
import { chineseHelp } from './messages/chinese-help.js';
import type { Language } from './messages/language.js';
import { createProgram, isHelp, isUsageTold, usageMessage, wantsOf } from './program.js';

/** Reads a command line, and what the parser says of it. Nothing is carried out. */
const read = (...args: readonly string[]) => readIn('en', ...args);

async function readIn(language: Language, ...args: readonly string[]) {
  let out = '';
  let told = '';
  let error: unknown;
  let flags: object | undefined;
  const program = createProgram(
    '1.2.3',
    async (given) => {
      flags = given;
    },
    await helpLanguageOf(language),
  );
  const all = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
  for (const command of all) {
    command.configureOutput({
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        told += text;
      },
    });
  }
  try {
    await program.parseAsync(['node', 'oss-envelope', ...args]);
  } catch (thrown) {
    error = thrown;
  }
  return { out, told, error, flags, all, names: program.commands.map((command) => command.name()) };
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
  const languages = ['en', 'zh'] as const;

  it.each(languages.flatMap((language) => ['', 'options', ...all].map((name) => [language, name] as const)))(
    'in %s of %j fits a screen',
    async (language, name) => {
      const { out, error } = await readIn(language, 'help', ...name.split(' ').filter((word) => word !== ''));
      expect(error).toBeUndefined();
      const lines = out.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.length, out).toBeLessThanOrEqual(30);
      expect(Math.max(...lines.map((line) => stringWidth(line))), out).toBeLessThanOrEqual(80);
    },
  );

  it.each(all)('of %s is what --help shows, and has examples that can be read', async (name) => {
    const { out } = await read(...name.split(' '), '--help');
    expect((await read('help', ...name.split(' '))).out).toBe(out);
    const examples = out.split('\n').filter((line) => line.startsWith('  $ oss-envelope '));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = example.trim().split(' | ')[0]?.split(' ').slice(2) ?? [];
      const { error, flags, out: shown } = await read(...words);
      expect(error, example).toBeUndefined();
      if (words[0] === 'help') expect(shown).toContain('Usage: ');
      else expect(flags, example).toEqual(expect.any(Object));
    }
  });

  it('explains every option of every command, there or in what it names', async () => {
    const { all: commands } = await read();
    const { out: common } = await read('help', 'options');
    const { out: ofWork } = await read('help', 'jobs', 'work');
    let hidden = 0;
    for (const command of commands) {
      const own = command.helpInformation();
      for (const option of command.options) {
        const { long } = option;
        const isElsewhere = isExplainedElsewhere(option);
        if (isElsewhere) hidden++;
        const isOfJobs = command.name() === 'start' && !common.includes(`${long} `);
        const place = isElsewhere ? (isOfJobs ? ofWork : common) : own;
        expect(place, `${command.name()} ${long}`).toMatch(new RegExp(` ${long}(?: |$)`, 'm'));
      }
    }
    expect(hidden).toBeGreaterThan(100);
    const { out } = await read('help', 'cat');
    expect(out).toContain('--passphrase-file');
    expect(out).toContain('help options');
  });

  it('of what is no command is an error of usage', async () => {
    for (const names of [['frobnicate'], ['jobs', 'frobnicate'], ['options', 'cp']]) {
      const { error, out } = await read('help', ...names);
      expect([isHelp(error), isUsageTold(error), out]).toEqual([false, true, '']);
      expect(usageMessage(error)).toContain(`unknown command '${names.join(' ')}'`);
    }
  });

  it('is all in Chinese, where it is, and so is what a wrong command line is told', async () => {
    const { all: commands } = await read();
    const texts = (command: Command): string[] => [
      command.description(),
      ...command.registeredArguments.map(({ description }) => description),
      ...command.options.map(({ description }) => description),
    ];
    const topic = commonOptions(withKeys, helpFormat(english));
    for (const text of [...commands, topic].flatMap(texts)) {
      if (text !== '') expect(Object.keys(chineseHelp)).toContain(text);
    }
    let inEnglish = '';
    for (const name of ['', 'options', ...all]) {
      const words = name.split(' ').filter((word) => word !== '');
      inEnglish += (await read('help', ...words)).out;
      const { out } = await readIn('zh', 'help', ...words);
      expect(out).toMatch(/^用法： oss-envelope/);
      expect(out).not.toMatch(/Usage|Options|Arguments|Examples|default:|Explained|Keys|display/);
    }
    const plain = inEnglish.replaceAll(/\s+/g, ' ');
    const known = Object.keys(chineseHelp).filter((text) => !/\{value\}|^\(--help/.test(text));
    expect(known.filter((text) => !plain.includes(text))).toEqual([]);
    const { told } = await readIn('zh', 'ls', '--frob');
    expect(told).toBe("error: unknown option '--frob'\n  命令的用法有误。\n（--help 显示可用的写法）\n");
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
