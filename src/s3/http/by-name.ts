import { keptText } from './kept-text.ts';

/** Of spellings. Who invents names makes their requests slower, not the process larger. */
const NAMES_MAX = 2_000;
const CHARS_MAX = 100;

/**
 * What follows from a name alone, worked out once for each spelling: headers come in few.
 * @param workOut never undefined; a text is a copy
 */
export const byName = <T>(workOut: (name: string) => T): ((name: string) => T) => {
  const known = new Map<string, T>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const result = workOut(name);
    if (known.size < NAMES_MAX && name.length < CHARS_MAX) known.set(keptText(name), result);
    return result;
  };
};
