/** `MATRIX=all`: every case of the matrices is played, which takes hours. Otherwise a part, so that CI ends within its hour. */
export const PLAYS_ALL = process.env.MATRIX === 'all';

/** Every other one of a matrix's cases, or all of them. */
export const dealt = <T>(cases: readonly T[], which: 0 | 1): T[] => share(cases, which, 2);

/** Every third one: among three kinds of trouble each call has one. */
export const dealtToThree = <T>(cases: readonly T[], which: 0 | 1 | 2): T[] => share(cases, which, 3);

const share = <T>(cases: readonly T[], which: number, of: number): T[] =>
  cases.filter((_, index) => PLAYS_ALL || index % of === which);
