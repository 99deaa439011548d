import { type Argument, type Command, Help, type Option } from 'commander';
import type { HelpLanguage } from './help-language.js';

/** Columns of a terminal that no help is wider than. */
export const helpColumns = 80;

const elsewhere = new WeakSet<Option>();

/** Leaves an option out of the help of its command. */
export function explainElsewhere(option: Option): Option {
  elsewhere.add(option);
  return option;
}

/** Undoes that. */
export function explainHere(option: Option): void {
  elsewhere.delete(option);
}

/** Whether an option is left out of the help of its command. */
export function isExplainedElsewhere(option: Option): boolean {
  return elsewhere.has(option);
}

/** How the parser writes its help: in the language of the user, and for a terminal of 80 columns. */
export function helpFormat({ translate, displayWidth }: HelpLanguage): Partial<Help> {
  const described = ({ description, argChoices }: Argument | Option): string =>
    translate(description) + (argChoices === undefined ? '' : translate(': ') + argChoices.join(', '));
  return {
    helpWidth: helpColumns,
    ...(displayWidth !== undefined && { displayWidth }),
    styleTitle: translate,
    visibleOptions(this: Help, command: Command) {
      return Help.prototype.visibleOptions
        .call(this, command)
        .filter((option) => !isExplainedElsewhere(option));
    },
    commandDescription: (command: Command) => translate(command.description()),
    subcommandTerm: (command: Command) =>
      [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
    subcommandDescription: (command: Command) => translate(command.description()),
    argumentDescription: described,
    optionDescription(option: Option) {
      const text = described(option);
      if (option.defaultValue === undefined) return text;
      return text + translate(' (default: {value})').replace('{value}', String(option.defaultValue));
    },
  };
}

function termOf(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}
