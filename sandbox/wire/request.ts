/** A request as it stood on the wire, before anything was interpreted. */
export interface RawRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  /** Without the question mark, still percent-encoded. */
  readonly query: string;
  /** Lower-case names; values of a repeated header are joined by a comma. */
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** S3 takes a plus in a query string as a blank, as forms do. A broken escape is left as it is. */
const decodePart = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

/** A path keeps its plus signs. */
export const decodePath = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Name and value pairs in their order. A name without a value has the value "". */
export const parseQuery = (query: string): [string, string][] =>
  query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decodePart(part), ''] : [decodePart(part.slice(0, at)), decodePart(part.slice(at + 1))];
    });

/** AWS's own set of characters that stay as they are. */
export const encodePart = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
