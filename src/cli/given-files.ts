import { shellWord } from '#domain/core/commands.ts';

export interface GivenFiles {
  /** Undefined where EYRIE_CONFIG names it, which every command reads. */
  readonly config?: string | undefined;
  readonly hatcheryConfig?: string | undefined;
}

/**
 * What is to be done, with the files that this command was given: `eyrie bootstrap` takes none of a running `eyrie dev`, as
 * it is for the account whose credentials are in use.
 */
export const withGivenFiles = (todo: string, { config, hatcheryConfig }: GivenFiles): string => {
  const options = [
    ...(config === undefined ? [] : ['--config', shellWord(config)]),
    ...(hatcheryConfig === undefined ? [] : ['--hatchery-config', shellWord(hatcheryConfig)]),
  ];
  return todo.replace(/(?<=`)eyrie bootstrap [^`]+/g, (command) => [command, ...options].join(' '));
};
