/** Exit codes of the command line: part of its contract, listed in docs/reference/cli.md. */
export const EXIT = {
  ok: 0,
  /** Something that should not happen. */
  internal: 1,
  /** The command line or the configuration is not usable. */
  usage: 2,
  /** The API refused the request: not allowed, or not valid. */
  refused: 3,
  notFound: 4,
  /** The state of the workspace does not allow it (409 and 410): the problem's code says why. */
  conflict: 5,
  /** The operation that was waited for has failed. */
  failed: 6,
  /** The API, or a service behind it, does not answer. */
  unavailable: 7,
  /** A look found something that somebody has to see to. */
  findings: 8,
  /** It is still under way after as long as was to be waited for. What was started goes on. */
  late: 9,
  /** Somebody stopped looking; as a shell counts it. What was started goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error with its exit code; its message is for a person. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** The problem that the API answered with, for `--json`. */
  readonly problem: unknown;

  constructor(exitCode: ExitCode, message: string, problem?: unknown) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.problem = problem;
  }
}

/** There is no such thing, or the token may not see it. */
export const isNotFound = (error: unknown): error is CliError =>
  error instanceof CliError && error.exitCode === EXIT.notFound;
