/** What may stand at the end of a command line, by the very commands that would read it. */
import type { Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What fits in at a place. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files fit in, too. */
  readonly files: boolean;
  /** The argument that stands there, such as `workspace`, where its values are not known beforehand. */
  readonly argument?: string;
}

const NOTHING: Completion = { candidates: [], files: false };

/** @param words behind `eyrie`; the last one is being typed, and may be empty */
export const complete = (program: Command, words: readonly string[]): Completion => {
  const typed = words.at(-1) ?? '';
  const before = read(program, words.slice(0, -1));
  if (!before) return NOTHING;
  const { command, option, position, used } = before;
  if (option) return valuesOf(option, typed);
  const [flag = '', ...value] = typed.split('=');
  const given = value.length > 0 ? command.options.find(({ long, required }) => required && long === flag) : undefined;
  if (given) return behind(`${flag}=`, valuesOf(given, value.join('=')));
  if (typed.startsWith('-')) return { candidates: optionsOf(command, used, typed), files: false };
  if (command.commands.length > 0) return { candidates: fitting(commandsOf(command), typed), files: false };
  const argument = command.registeredArguments[Math.min(position, command.registeredArguments.length - 1)];
  if (!argument || (position >= command.registeredArguments.length && !argument.variadic)) return NOTHING;
  if (argument.name() === 'file') return { candidates: [], files: true };
  const choices = (argument.argChoices ?? []).map((value) => ({ value, description: '' }));
  return { candidates: fitting(choices, typed), files: false, argument: argument.name() };
};

interface Read {
  readonly command: Command;
  /** Whose value comes next. */
  readonly option: Option | undefined;
  /** How many arguments there are already. */
  readonly position: number;
  readonly used: ReadonlySet<Option>;
}

/** Undefined where one of them is no command. */
const read = (program: Command, words: readonly string[]): Read | undefined => {
  let command = program;
  let option: Option | undefined;
  let position = 0;
  const used = new Set<Option>();
  for (const word of words) {
    if (option) option = undefined;
    else if (word.startsWith('-')) {
      const [flag = '', value] = word.split('=', 2);
      const known = command.options.find(({ long, short }) => flag === long || flag === short);
      if (known) used.add(known);
      option = known?.required && value === undefined ? known : undefined;
    } else {
      const below = position === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (below) command = below;
      else if (command.commands.length > 0) return undefined;
      else position += 1;
    }
  }
  return { command, option, position, used };
};

const valuesOf = (option: Option, typed: string): Completion => ({
  candidates: fitting(
    (option.argChoices ?? []).map((value) => ({ value, description: '' })),
    typed,
  ),
  files: /<file>/.test(option.flags),
});

/** As one word with the option whose values they are. */
const behind = (prefix: string, { candidates, ...more }: Completion): Completion => ({
  ...more,
  candidates: candidates.map(({ value, description }) => ({ value: `${prefix}${value}`, description })),
});

const optionsOf = (command: Command, used: ReadonlySet<Option>, typed: string): readonly Candidate[] => {
  const visible = command.createHelp().visibleOptions(command);
  const open = visible.filter((option) => !used.has(option) || Array.isArray(option.defaultValue));
  return fitting(
    open.map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
    typed,
  );
};

const commandsOf = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));

const fitting = (all: readonly Candidate[], typed: string): readonly Candidate[] =>
  all.filter(({ value }) => value.startsWith(typed));
