/**
 * Form-encoded parameters of the query protocol (IAM, STS: `Tags.member.1.Key`) and of EC2 (`Filter.1.Value.2`), to and
 * from nested objects with the API's member names.
 */
import { type Member, type Model, type Shape, shapeOf } from './model.ts';
import { encodePart } from './request.ts';

interface Tree {
  value?: string;
  readonly children: Map<string, Tree>;
}

const plant = (pairs: readonly [string, string][]): Tree => {
  const root: Tree = { children: new Map() };
  for (const [name, value] of pairs) {
    let node = root;
    for (const part of name.split('.')) {
      let next = node.children.get(part);
      if (!next) {
        next = { children: new Map() };
        node.children.set(part, next);
      }
      node = next;
    }
    node.value = value;
  }
  return root;
};

const numbered = (tree: Tree | undefined): Tree[] =>
  [...(tree?.children ?? [])]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The name of a member on the wire. */
const wireName = (model: Model, name: string, member: Member): string => {
  if (model.protocol === 'ec2') return member.queryName ?? upperFirst(member.locationName ?? name);
  const shape = shapeOf(model, member.shape);
  if (shape.type === 'list' && (shape.flattened || member.flattened)) return shape.member?.locationName ?? name;
  return member.locationName ?? name;
};

const isFlat = (model: Model, shape: Shape, member?: Member): boolean =>
  model.protocol === 'ec2' || Boolean(shape.flattened || member?.flattened);

const readTree = (model: Model, tree: Tree, shape: Shape, member?: Member): unknown => {
  if (shape.type === 'structure') {
    const found: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(shape.members ?? {})) {
      const child = tree.children.get(wireName(model, name, inner));
      if (child) found[name] = readTree(model, child, shapeOf(model, inner.shape), inner);
    }
    return found;
  }
  if (shape.type === 'list') {
    const items = isFlat(model, shape, member) ? tree : tree.children.get(shape.member?.locationName ?? 'member');
    const inner = shapeOf(model, shape.member?.shape ?? '');
    return numbered(items).map((item) => readTree(model, item, inner, shape.member));
  }
  if (shape.type === 'map') {
    const entries = numbered(isFlat(model, shape, member) ? tree : tree.children.get('entry'));
    const value = shapeOf(model, shape.value?.shape ?? '');
    return Object.fromEntries(
      entries.map((entry) => [
        entry.children.get(shape.key?.locationName ?? 'key')?.value ?? '',
        readTree(model, entry.children.get(shape.value?.locationName ?? 'value') ?? { children: new Map() }, value),
      ]),
    );
  }
  return tree.value ?? '';
};

/** Decodes the parameters of an operation. Without a shape the pairs come back as they are. */
export const decodeQuery = (
  model: Model,
  shape: Shape | undefined,
  pairs: [string, string][],
): Record<string, unknown> =>
  shape ? (readTree(model, plant(pairs), shape) as Record<string, unknown>) : Object.fromEntries(pairs);

const writePairs = (
  model: Model,
  prefix: string,
  value: unknown,
  shape: Shape,
  member?: Member,
): [string, string][] => {
  if (value === undefined || value === null) return [];
  const dot = prefix === '' ? '' : `${prefix}.`;
  if (shape.type === 'structure') {
    const object = value as Record<string, unknown>;
    return Object.entries(shape.members ?? {}).flatMap(([name, inner]) =>
      writePairs(model, dot + wireName(model, name, inner), object[name], shapeOf(model, inner.shape), inner),
    );
  }
  if (shape.type === 'list') {
    const middle = isFlat(model, shape, member) ? dot : `${dot}${shape.member?.locationName ?? 'member'}.`;
    const inner = shapeOf(model, shape.member?.shape ?? '');
    return (value as unknown[]).flatMap((item, index) => writePairs(model, `${middle}${index + 1}`, item, inner));
  }
  if (shape.type === 'map') {
    const middle = isFlat(model, shape, member) ? dot : `${dot}entry.`;
    const inner = shapeOf(model, shape.value?.shape ?? '');
    return Object.entries(value).flatMap(([key, item], index) => [
      [`${middle}${index + 1}.${shape.key?.locationName ?? 'key'}`, key] as [string, string],
      ...writePairs(model, `${middle}${index + 1}.${shape.value?.locationName ?? 'value'}`, item, inner),
    ]);
  }
  return [[prefix, value instanceof Date ? value.toISOString() : String(value)]];
};

/** The other direction: the body of a form with these parameters. */
export const encodeQuery = (model: Model, operation: string, params: Record<string, unknown>): string => {
  const input = model.operations[operation]?.input;
  const pairs = input ? writePairs(model, '', params, shapeOf(model, input.shape)) : [];
  return [['Action', operation], ['Version', model.apiVersion], ...pairs]
    .map(([name, value]) => `${encodePart(name ?? '')}=${encodePart(value ?? '')}`)
    .join('&');
};
