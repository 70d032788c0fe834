/** What a command line lacks, or has that no command knows: told in the words of the other messages. */
import type { Command } from 'commander';
import { typed } from './typed.ts';

/** `eyrie storage list` */
export const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Arguments that name one of what a list shows. */
const LISTED = ['workspace', 'environment', 'storage', 'holder', 'id'];

/** As it is typed at least: with what it can't do without. */
const shortest = (command: Command): string =>
  [
    nameOf(command),
    ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
    ...command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags.replace(/^-\w, /, '')),
  ].join(' ');

const missingArgument = (command: Command, name: string): string[] => {
  const { description = '' } = command.registeredArguments.find((one) => one.name() === name) ?? {};
  const isListed = LISTED.includes(name) && command.parent?.commands.some((one) => one.name() === 'list');
  return [
    `\`${typed(nameOf(command))}\` lacks <${name}>${description === '' ? '' : `: ${description.replace(`the ${name}: `, '')}`}`,
    `  it is typed \`${typed(shortest(command))}\``,
    ...(isListed && command.parent ? [`  \`${typed(`${nameOf(command.parent)} list`)}\` shows which there are`] : []),
  ];
};

const missingOption = (command: Command, flags: string): string[] => {
  const { description = '' } = command.options.find((one) => one.flags === flags) ?? {};
  return [
    `\`${typed(nameOf(command))}\` lacks ${flags}${description === '' ? '' : `: ${description}`}`,
    `  it is typed \`${typed(shortest(command))}\``,
  ];
};

const told = (command: Command, message: string): string[] => {
  const [, argument] = /^missing required argument '(.+)'$/.exec(message) ?? [];
  if (argument !== undefined) return missingArgument(command, argument);
  const [, option] = /^required option '(.+)' not specified$/.exec(message) ?? [];
  if (option !== undefined) return missingOption(command, option);
  const [, alone] = /^option '(.+)' argument missing$/.exec(message) ?? [];
  if (alone !== undefined) return [`${alone} is given without its value`];
  return message.split('\n').map((line, at) => (at === 0 ? line : `  ${line.replace(/^\((.*)\)$/, '$1')}`));
};

/** @param error what the parser has to say, a line or two @returns the same for whoever typed it */
export const renderMisuse = (command: Command, error: string): string => {
  const lines = told(command, error.trimEnd().replace(/^error: /, ''));
  return `eyrie: ${[...lines, `  ${typed(nameOf(command))} --help tells the options`].join('\n')}\n`;
};
