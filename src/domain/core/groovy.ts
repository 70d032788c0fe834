/** Text in Groovy, the language of Nextflow's configurations. */

/** The UTF-16 of a character beyond the basic plane: `\ud83d\udc26`. */
const escapedPair = (character: string): string =>
  [0, 1].map((at) => `\\u${character.charCodeAt(at).toString(16)}`).join('');

/**
 * A single-quoted string: nothing is interpolated in it, and nothing ends it. What is beyond the basic plane is escaped:
 * Groovy reads a file in blocks of 4,096 characters, and doubles the first half of a pair that a block's end divides.
 * @see https://groovy-lang.org/syntax.html#_single_quoted_string
 */
export const quote = (text: string): string => {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll(/[\u{10000}-\u{10ffff}]/gu, escapedPair);
  return `'${escaped}'`;
};
