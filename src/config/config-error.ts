/** Everything that is wrong with a configuration, at once. Never repeats a value: it may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(headline: string, problems: readonly string[]) {
    super(`${headline}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
