/**
 * What operators filter workspaces by. A workflow that sets an attribute which the namespace does not know fails its
 * task again and again, so a worker sees to them before it starts.
 */
import { type Connection, isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';

const { INDEXED_VALUE_TYPE_DATETIME: DATETIME, INDEXED_VALUE_TYPE_KEYWORD: KEYWORD } =
  proto.temporal.api.enums.v1.IndexedValueType;

/** As the command line of Temporal calls them. */
const TYPE_NAMES: Readonly<Record<number, string>> = { [DATETIME]: 'Datetime', [KEYWORD]: 'Keyword' };

const TIMES: readonly string[] = [SEARCH_ATTRIBUTES.stuckSince, SEARCH_ATTRIBUTES.unwindingSince];

/** By name, as Temporal numbers their types. */
export const SEARCH_ATTRIBUTE_TYPES: ReadonlyMap<string, number> = new Map(
  Object.values(SEARCH_ATTRIBUTES).map((name) => [name, TIMES.includes(name) ? DATETIME : KEYWORD]),
);

export interface SearchAttributeDeps {
  readonly operator: Pick<Connection['operatorService'], 'addSearchAttributes' | 'listSearchAttributes'>;
  readonly namespace: string;
  readonly warn: (message: string) => void;
}

/** gRPC's numbers for "you may not" and "there is no such call here". */
const REFUSALS: readonly number[] = [7, 12, 16];
const ALREADY_EXISTS = 6;

const isRefusal = (error: unknown): boolean => isGrpcServiceError(error) && REFUSALS.includes(error.code);

type Lister = Pick<SearchAttributeDeps['operator'], 'listSearchAttributes'>;

/** @throws Error where one has another type than it needs. */
const missingOf = async (operator: Lister, namespace: string): Promise<string[]> => {
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const odd = [...SEARCH_ATTRIBUTE_TYPES].filter(
    ([name, type]) => customAttributes[name] !== undefined && customAttributes[name] !== type,
  );
  if (odd.length > 0) throw new Error(renderOdd(namespace, odd));
  return [...SEARCH_ATTRIBUTE_TYPES.keys()].filter((name) => customAttributes[name] === undefined);
};

/** The commands that register what is missing; undefined where nothing is. @throws Error as above, or what the server says */
export const lackingSearchAttributes = async (operator: Lister, namespace: string): Promise<string | undefined> => {
  const names = await missingOf(operator, namespace);
  return names.length === 0 ? undefined : renderCommands(namespace, names);
};

/**
 * Registers what is missing where the server lets it.
 * @throws Error with the commands to run where it does not, or where an attribute has another type.
 */
export const ensureSearchAttributes = async ({ operator, namespace, warn }: SearchAttributeDeps): Promise<void> => {
  const missing = () => missingOf(operator, namespace);
  try {
    const names = await missing();
    if (names.length === 0) return;
    await register({ operator, namespace, names });
    const still = await missing();
    if (still.length > 0) throw new Error(renderCommands(namespace, still));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    warn(`the search attributes can't be listed. ${renderCommands(namespace, [...SEARCH_ATTRIBUTE_TYPES.keys()])}`);
  }
};

const register = async ({
  operator,
  namespace,
  names,
}: Pick<SearchAttributeDeps, 'operator' | 'namespace'> & { names: readonly string[] }): Promise<void> => {
  const searchAttributes = Object.fromEntries(names.map((name) => [name, SEARCH_ATTRIBUTE_TYPES.get(name) ?? KEYWORD]));
  try {
    await operator.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another worker that starts at the same time was faster.
    if (isGrpcServiceError(error) && Number(error.code) === ALREADY_EXISTS) return;
    if (isRefusal(error)) throw new Error(renderCommands(namespace, names), { cause: error });
    throw error;
  }
};

const typeOf = (name: string): string => TYPE_NAMES[SEARCH_ATTRIBUTE_TYPES.get(name) ?? KEYWORD] ?? '';

const renderCommands = (namespace: string, names: readonly string[]): string =>
  [
    `The namespace ${namespace} needs these search attributes; register them with:`,
    ...names.map(
      (name) =>
        `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${typeOf(name)}`,
    ),
  ].join('\n');

const renderOdd = (namespace: string, odd: readonly (readonly [string, number])[]): string =>
  `In the namespace ${namespace} ${odd.map(([name]) => `${name} must be of type ${typeOf(name)}`).join(', ')}: remove it and register it again`;
