/** Text in Groovy, the language of Nextflow's configurations. */

/**
 * A single-quoted string: nothing is interpolated in it, and nothing ends it.
 * @see https://groovy-lang.org/syntax.html#_single_quoted_string
 */
export const quote = (text: string): string => {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `'${escaped}'`;
};
