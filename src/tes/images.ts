/**
 * Which container images tasks may use: a list of patterns in which `*` stands for any characters and `{username}` for
 * the caller's name. No regular expression is ever made of them.
 */

/** Letters and marks of image references; a space would end the argument of the command that runs the container. */
const IMAGE_CHARACTERS = /^[A-Za-z0-9][A-Za-z0-9._/:@+-]*$/;
const IMAGE_CHARS_MAX = 1024;

/** @returns those that no pattern matches, each once */
export const refusedImages = (
  images: readonly string[],
  patterns: readonly string[],
  userName: string,
): readonly string[] =>
  [...new Set(images)].filter((image) => !patterns.some((pattern) => isAllowed(image, pattern, userName)));

const isAllowed = (image: string, pattern: string, userName: string): boolean => {
  if (!isReference(image)) return false;
  if (matches(image, pattern, userName)) return true;
  // A pattern for any tag is one for the tag that is meant where none is named, and for whatever a digest pins.
  if (!pattern.endsWith(':*')) return false;
  const repository = pattern.slice(0, -2);
  return matches(image, repository, userName) || matches(image, `${repository}@*`, userName);
};

/** No part of its path is empty or made of dots: `a/../b` would be another image to whoever resolves it. */
const isReference = (image: string): boolean =>
  image.length <= IMAGE_CHARS_MAX &&
  IMAGE_CHARACTERS.test(image) &&
  image.split('/').every((part) => part !== '' && !/^\.+($|[:@])/.test(part));

const USER = '{username}';

/** What a pattern's tag or digest leaves open never takes in a slash: that would be another repository. */
const matches = (image: string, pattern: string, userName: string): boolean => {
  const literals = literalsOf(pattern, userName);
  if (!literals) return false;
  const open = /[:@][^/]*$/.exec(pattern)?.[0];
  if (open === undefined || !open.includes('*')) return fits(image, literals);
  const [name = '', rest] = splitReference(image);
  const nameLiterals = literalsOf(pattern.slice(0, -open.length), userName);
  const restLiterals = literalsOf(open, userName);
  return rest !== undefined && !!nameLiterals && !!restLiterals && fits(name, nameLiterals) && fits(rest, restLiterals);
};

/** Name, and tag or digest with its mark. */
const splitReference = (image: string): readonly [string, string | undefined] => {
  const at = image.slice(image.lastIndexOf('/') + 1).search(/[:@]/);
  if (at < 0) return [image, undefined];
  const from = image.lastIndexOf('/') + 1 + at;
  return [image.slice(0, from), image.slice(from)];
};

/** The texts between the stars. A user whose name has a slash would reach into the images of another one. */
const literalsOf = (pattern: string, userName: string): readonly string[] | undefined => {
  if (pattern.includes(USER) && (userName === '' || userName.includes('/'))) return undefined;
  return pattern.split('*').map((literal) => literal.split(USER).join(userName));
};

/** Linear in the text: each literal is looked for once, from where the one before it ended. */
const fits = (text: string, literals: readonly string[]): boolean => {
  const [first = '', ...rest] = literals;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const literal of rest) {
    const found = text.indexOf(literal, from);
    if (found < 0 || found + literal.length > end) return false;
    from = found + literal.length;
  }
  return true;
};
