/** XML of the query, EC2 and S3 protocols, read and written by the shapes of the service model. */
import { XMLParser } from 'fast-xml-parser';
import { type Member, type Model, type Shape, shapeOf } from './model.ts';
import { renderTime } from './time.ts';

/** Every element is an array, so that one item and many look the same. */
interface Element {
  readonly [name: string]: readonly (Element | string)[] | string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  alwaysCreateTextNode: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
  ignoreDeclaration: true,
  htmlEntities: true,
});

/** The root element: its name and content; undefined for something that is no XML. */
export const parseXml = (text: string): { name: string; content: Element } | undefined => {
  if (!text.trimStart().startsWith('<')) return undefined;
  try {
    const parsed = parser.parse(text) as Element;
    const name = Object.keys(parsed).find((key) => !key.startsWith('?') && !key.startsWith('#'));
    const content = name && parsed[name]?.[0];
    return name && typeof content === 'object' ? { name, content } : undefined;
  } catch {
    return undefined;
  }
};

export const textOf = (element: Element | string | undefined): string => {
  if (element === undefined) return '';
  if (typeof element === 'string') return element;
  const text = element['#text'];
  return typeof text === 'string' ? text : Array.isArray(text) ? text.join('') : '';
};

const childrenOf = (element: Element | string | undefined, name: string): readonly (Element | string)[] => {
  if (element === undefined || typeof element === 'string') return [];
  const found = element[name];
  return Array.isArray(found) ? found : [];
};

export const childOf = (element: Element | string | undefined, name: string): Element | string | undefined =>
  childrenOf(element, name)[0];

const NUMBERS = ['integer', 'long', 'float', 'double'];

const listItemName = (model: Model, shape: Shape): string =>
  shape.member?.locationName ?? (model.protocol === 'ec2' ? 'item' : 'member');

const readMember = (model: Model, parent: Element | string, name: string, member: Member): unknown => {
  const shape = shapeOf(model, member.shape);
  if (member.xmlAttribute && typeof parent === 'object') {
    const value = parent[`@${member.locationName ?? name}`];
    return typeof value === 'string' ? value : undefined;
  }
  if (shape.type === 'list' && (shape.flattened || member.flattened)) {
    const items = childrenOf(parent, member.locationName ?? shape.member?.locationName ?? name);
    const inner = shapeOf(model, shape.member?.shape ?? '');
    return items.length > 0 ? items.map((item) => readXml(model, item, inner)) : undefined;
  }
  const child = childOf(parent, member.locationName ?? name);
  return child === undefined ? undefined : readXml(model, child, shape);
};

/** Content of an element as the shape says. Numbers and booleans get their types, times stay text. */
export const readXml = (model: Model, element: Element | string, shape: Shape): unknown => {
  if (shape.type === 'structure') {
    const found: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      if (member.location) continue;
      const value = readMember(model, element, name, member);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }
  if (shape.type === 'list') {
    const inner = shapeOf(model, shape.member?.shape ?? '');
    return childrenOf(element, listItemName(model, shape)).map((item) => readXml(model, item, inner));
  }
  if (shape.type === 'map') {
    const value = shapeOf(model, shape.value?.shape ?? '');
    const entries = childrenOf(element, 'entry').map((entry) => [
      textOf(childOf(entry, shape.key?.locationName ?? 'key')),
      readXml(model, childOf(entry, shape.value?.locationName ?? 'value') ?? '', value),
    ]);
    return Object.fromEntries(entries);
  }
  const text = textOf(element);
  if (NUMBERS.includes(shape.type)) return Number(text);
  if (shape.type === 'boolean') return text === 'true';
  return text;
};

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

export const escapeXml = (text: string): string => text.replace(/[&<>"\r]/g, (char) => ESCAPES[char] ?? char);

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

const writeMember = (model: Model, name: string, value: unknown, member: Member): string => {
  if (value === undefined || value === null) return '';
  const shape = shapeOf(model, member.shape);
  if (shape.type === 'list' && (shape.flattened || member.flattened)) {
    const inner = shapeOf(model, shape.member?.shape ?? '');
    const tag = member.locationName ?? shape.member?.locationName ?? name;
    return (value as unknown[]).map((item) => element(tag, writeXml(model, item, inner))).join('');
  }
  return element(member.locationName ?? name, writeXml(model, value, shape));
};

/** Inner XML of a value. Members that the shape lacks are left out. */
export const writeXml = (model: Model, value: unknown, shape: Shape): string => {
  if (value === undefined || value === null) return '';
  if (shape.type === 'structure') {
    const object = value as Record<string, unknown>;
    return Object.entries(shape.members ?? {})
      .filter(([, member]) => !member.location)
      .map(([name, member]) => writeMember(model, name, object[name], member))
      .join('');
  }
  if (shape.type === 'list') {
    const inner = shapeOf(model, shape.member?.shape ?? '');
    const tag = listItemName(model, shape);
    return (value as unknown[]).map((item) => element(tag, writeXml(model, item, inner))).join('');
  }
  if (shape.type === 'map') {
    const inner = shapeOf(model, shape.value?.shape ?? '');
    return Object.entries(value)
      .map(([key, item]) =>
        element(
          'entry',
          element(shape.key?.locationName ?? 'key', escapeXml(key)) +
            element(shape.value?.locationName ?? 'value', writeXml(model, item, inner)),
        ),
      )
      .join('');
  }
  if (shape.type === 'timestamp') return renderTime(value, shape.timestampFormat ?? 'iso8601');
  return escapeXml(value instanceof Date ? value.toISOString() : String(value));
};
