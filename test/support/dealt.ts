/** `MATRIX=all`: every case of the matrices is played, which takes hours. Otherwise a part, so that CI ends within its hour. */
export const PLAYS_ALL = process.env.MATRIX === 'all';

/** Every other one of a matrix's cases, or all of them. */
export const dealt = <T>(cases: readonly T[], which: 0 | 1): T[] =>
  cases.filter((_, index) => PLAYS_ALL || index % 2 === which);
