import { Command, type Help, type Option } from 'commander';
import { explainElsewhere, explainHere, isExplainedElsewhere } from './help-format.js';

/** What the options mean that many commands have. Each is explained once, by `help options`, and named elsewhere. */
export type CommonGroup = 'Keys:' | 'Place:' | 'Output:';

const groups: readonly CommonGroup[] = ['Keys:', 'Place:', 'Output:'];

/** Puts an option among the common ones of a command. */
export function addCommon(command: Command, group: CommonGroup, option: Option): Command {
  return command.addOption(explainElsewhere(option.helpGroup(group)));
}

/** The help of all common options. */
export function commonOptions(withAll: (command: Command) => Command, format: Partial<Help>): Command {
  const topic = withAll(new Command('oss-envelope COMMAND').helpOption(false).configureHelp(format));
  for (const option of topic.options) explainHere(option);
  const { styleTitle: translate } = topic.createHelp();
  return topic.addHelpText('after', () => `\n${keyText.map((line) => translate(line)).join('\n')}`);
}

const keyText = [
  'Place and credentials that are not given come from OSS_REGION and others, and',
  'from the settings of ossutil. KEY is a file, age1… or kms:ID; KEY#NAME=VALUE',
  'gives its description. No secret is ever a flag.',
];

/** The names of the common options that a command has, where they are explained, and examples. */
export const examples =
  (...lines: readonly string[]) =>
  ({ command }: { readonly command: Command }): string => {
    const help = command.createHelp();
    const named = groups.flatMap((group) => {
      const names = command.options
        .filter((option) => isExplainedElsewhere(option) && option.helpGroupHeading === group)
        .map(({ long, short }) => short ?? long);
      return names.length === 0 ? [] : [namesOf(help, group, names as string[])];
    });
    const shown = lines.map((line) => `  $ ${line}`).join('\n');
    const note =
      named.length === 0
        ? ''
        : `\n${help.styleTitle('Explained by "oss-envelope help options":')}\n${named.join('\n')}\n`;
    return `${note}\n${help.styleTitle('Examples:')}\n${shown}`;
  };

/** Examples of a job, whose own options fill the screen. */
export const shortExamples =
  (...lines: readonly string[]) =>
  ({ command }: { readonly command: Command }): string => {
    const { styleTitle: translate } = command.createHelp();
    return [
      '',
      translate('Place, keys, output: "oss-envelope help options". Speed and Redis:'),
      translate('"oss-envelope jobs work --help".'),
      '',
      translate('Examples:'),
      ...lines.map((line) => `  $ ${line}`),
    ].join('\n');
  };

/** A line of names, or more of them. */
function namesOf(help: Help, group: CommonGroup, names: readonly string[]): string {
  const title = help.styleTitle(group);
  const start = `  ${title}${' '.repeat(Math.max(1, 9 - help.displayWidth(title)))}`;
  const indent = ' '.repeat(help.displayWidth(start));
  return help
    .boxWrap(names.join(' '), (help.helpWidth ?? 80) - indent.length)
    .split('\n')
    .map((line, index) => (index === 0 ? start : indent) + line)
    .join('\n');
}
