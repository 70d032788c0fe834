import { Argument, type Command } from 'commander';
import { type Candidate, complete } from '../completion/candidates.ts';
import { namesOf } from '../completion/names.ts';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import { print } from '../output.ts';

const HOW = `
bash: eval "$(eyrie completion bash)" in ~/.bashrc
zsh:  eval "$(eyrie completion zsh)" in ~/.zshrc, below compinit
fish: eyrie completion fish > ~/.config/fish/completions/eyrie.fish`;

export const registerCompletion = (program: Command): void => {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', HOW)
    .action((shell: Shell) => print(SCRIPTS[shell].trimEnd()));

  program
    .command('complete', { hidden: true })
    .description('print what fits in at the end of a command line, for the script that `completion` prints')
    .argument('[words...]', 'behind `eyrie`; the last one is being typed')
    .action(async (words: readonly string[]) => {
      const { candidates, files, argument } = complete(program, words);
      const names = argument === undefined ? [] : await namesOf(argument, words.at(-1) ?? '');
      for (const one of [...candidates, ...names]) print(renderCandidate(one));
      if (files) print(':files');
    });
};

const renderCandidate = ({ value, description }: Candidate): string =>
  `${value}\t${description.replaceAll(/\s+/g, ' ')}`;
