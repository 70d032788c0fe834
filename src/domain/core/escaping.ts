/** How a user's and an environment's name stand in the names of resources: byte for byte as Hatchery writes them. */

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // Go writes decimal entities where other languages write &#x27; and &quot;.
  "'": '&#39;',
  '"': '&#34;',
};

/** Go's `html.EscapeString`. Pay models are looked up under this form of the user's name. */
export const htmlEscape = (text: string): string => text.replace(/[&<>'"]/g, (char) => HTML_ENTITIES[char] ?? char);

const HTML_CHARACTERS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(HTML_ENTITIES).map(([char, entity]) => [entity, char]),
);

const HTML_ENTITY = /&(?:amp|lt|gt|#39|#34);/g;

/** The text that `htmlEscape` makes this one from; undefined where there is none, since a character is left that it escapes. */
export const htmlUnescape = (text: string): string | undefined => {
  const rest = text.replace(HTML_ENTITY, '');
  if (htmlEscape(rest) !== rest) return undefined;
  return text.replace(HTML_ENTITY, (entity) => HTML_CHARACTERS[entity] ?? entity);
};

/**
 * A user's name as it stands in names: lower-case letters and digits stay, anything else becomes `-` and its code point
 * in hex, at least two characters wide and padded with a *space*. Not one-to-one (`Ab` and `Лb` agree), so the record of
 * a workspace holds the raw name too.
 */
export const escapeUser = (user: string): string => {
  // Go reads broken UTF-16 as U+FFFD; a lone surrogate is the only way to have it here.
  const escaped = [...htmlEscape(user.toWellFormed())].map((char) =>
    /^[a-z0-9]$/.test(char) ? char : `-${(char.codePointAt(0) ?? 0).toString(16).padStart(2, ' ')}`,
  );
  return escaped.join('');
};

const ROLE_NAME_MAX = 64;

/** At most 64 characters; a dash at the end goes together with the character before it. */
export const truncate64 = (name: string): string => {
  const cut = name.slice(0, ROLE_NAME_MAX);
  return cut.endsWith('-') ? cut.slice(0, -2) : cut;
};

/** H: the host name with dots as dashes. */
export const environmentOf = (hostname: string): string => hostname.replaceAll('.', '-');
