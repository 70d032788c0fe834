/** A YAML file, and where in it each option stands. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

/** `line 3, column 5`, from 1. Where the path leads to nothing, of the last part that is there; undefined where nothing is. */
export type PlaceOf = (path: readonly PropertyKey[]) => string | undefined;

export interface YamlFile {
  readonly value: unknown;
  readonly placeOf: PlaceOf;
  /** What makes it no YAML, one line each; without any text of it, which may be a secret. */
  readonly errors: readonly string[];
}

export const parseYamlFile = (text: string): YamlFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const errors = document.errors.map(({ pos: [from], message }) => `${placeAt(from)}: ${withoutText(message)}`);
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) errors.push(`${placeAt(alias.range?.[0] ?? 0)}: an alias without its anchor`);
    },
  });
  if (errors.length > 0) return { value: undefined, placeOf: () => undefined, errors };

  const placeOf: PlaceOf = (path) => {
    let node: Node | null | undefined = document.contents;
    let offset: number | undefined;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
        if (!isScalar(pair?.key)) break;
        offset = pair.key.range?.[0];
        node = pair.value as Node | null;
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(part)];
        if (!item) break;
        node = item as Node;
        offset = node.range?.[0];
      } else break;
    }
    return offset === undefined ? undefined : placeAt(offset);
  };
  return { value: document.toJS() ?? {}, placeOf, errors };
};

/** The parser puts what it stumbles over behind a colon, or in quotes. */
const withoutText = (message: string): string => (message.split(/[:"\n]/, 1)[0] ?? '').trim();
