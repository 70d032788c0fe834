/** Finds things whose id a person does not know. */
import { escapeUser } from '#domain/core/escaping.ts';
import { parseSubjectId, type SubjectKind } from '#domain/core/subject.ts';
import type { ApiClient } from './api-client.ts';
import { CliError, EXIT, isNotFound } from './exit-codes.ts';

/** Where it is listed. */
interface Place {
  readonly kind: SubjectKind;
  readonly path: string;
}

interface Item {
  readonly id: string;
  readonly user?: string;
  readonly phase: string;
}

/** All that a list holds of it, page by page. */
export async function* listAll<One>(api: ApiClient, path: string, query: object = {}): AsyncGenerator<One> {
  let cursor: string | null = null;
  do {
    const asked = new URLSearchParams({ limit: '100', ...query, ...(cursor !== null && { cursor }) });
    const page: { items: readonly One[]; nextCursor: string | null } = await api.call('GET', `${path}?${asked}`);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** H of the API: that of whatever it lists. Undefined where it lists nothing. */
const environmentAt = async (api: ApiClient, { kind, path }: Place): Promise<string | undefined> => {
  for await (const { id } of listAll<Item>(api, path, { limit: '1' })) return parseSubjectId(kind, id)?.environment;
  return undefined;
};

const findItem = async (api: ApiClient, { path }: Place, id: string): Promise<Item | undefined> => {
  try {
    return await api.call<Item>('GET', `${path}/${encodeURIComponent(id)}`);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const ESCAPED = /^(?:[a-z0-9]|-[ 0-9a-f]{2,6})+$/;

/** By the name of its user, as it is or as it stands in names. Escaped names of two users can agree: the name decides. */
export const findByUser =
  (place: Place) =>
  async (api: ApiClient, name: string): Promise<string | undefined> => {
    const environment = await environmentAt(api, place);
    if (environment === undefined) return undefined;
    const named = await findItem(api, place, `${environment}.${escapeUser(name)}`);
    if (named?.user === name) return named.id;
    if (!ESCAPED.test(name)) return undefined;
    return (await findItem(api, place, `${environment}.${name}`))?.id;
  };

/** By what stands behind the environment in its id. */
export const findByLastPart =
  (place: Place) =>
  async (api: ApiClient, part: string): Promise<string | undefined> => {
    const environment = await environmentAt(api, place);
    return environment === undefined ? undefined : (await findItem(api, place, `${environment}.${part}`))?.id;
  };

/** By the last part of its id, where the API takes that alone, too. */
export const findById = async (api: ApiClient, place: Place, id: string): Promise<string | undefined> =>
  (await findItem(api, place, id))?.id;

/** Of a compute environment that is there no more. */
export const isOver = (phase: string): boolean => phase === 'deleted' || phase === 'retained';

/** By a name that several can have. @throws CliError with the ids where it has */
export const findByName = async (api: ApiClient, { path }: Place, name: string): Promise<string | undefined> => {
  const found: string[] = [];
  for await (const { id, phase } of listAll<Item>(api, path, { name })) if (!isOver(phase)) found.push(id);
  if (found.length > 1) throw new CliError(EXIT.usage, `${name} is the name of several: ${found.join(', ')}`);
  return found[0];
};
