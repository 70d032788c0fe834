/** Finds what somebody meant who misspelt it. */

/** Of those that are known, the one that is meant; undefined where none is near. Case, dashes and underscores don't count. */
export const nearest = (given: string, known: Iterable<string>): string | undefined => {
  const wanted = plain(given);
  // A third of it may be wrong: more, and it is another word.
  let best = { distance: Math.max(1, Math.floor(wanted.length / 3)) + 1, name: undefined as string | undefined };
  for (const name of known) {
    const distance = distanceOf(wanted, plain(name));
    if (distance < best.distance) best = { distance, name };
  }
  return best.name;
};

const plain = (text: string): string => text.toLowerCase().replace(/[-_]/g, '');

/** Damerau-Levenshtein: letters put in, left out, replaced, or two neighbours swapped. */
const distanceOf = (a: string, b: string): number => {
  let twoBefore: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (before[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (before[j - 1] ?? 0) + same,
        swapped ? (twoBefore[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [twoBefore, before] = [before, row];
  }
  return before[b.length] ?? 0;
};
