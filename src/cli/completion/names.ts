/** Names that only the API knows, while somebody types. */
import { connect } from '../connect.ts';
import type { Candidate } from './candidates.ts';

interface Item {
  readonly id: string;
  readonly phase: string;
  readonly user?: string;
  readonly name?: string;
}

/** By the argument that stands for one of it. */
const PATHS: Readonly<Record<string, string>> = {
  workspace: '/v1/workspaces',
  storage: '/v1/storage',
  environment: '/v1/compute-environments',
  holder: '/v1/key-holders',
};

/** Longer than this nobody waits for a key to do something. */
const PATIENCE_MS = 2_000;

/** Ids that begin with it, of the first hundred; none where the API can't be asked, or does not answer in time. */
export const namesOf = async (argument: string, typed: string): Promise<readonly Candidate[]> => {
  const path = PATHS[argument];
  if (path === undefined) return [];
  const late = new Promise<[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
  const asked = ask(path).catch(() => []);
  const items = await Promise.race([asked, late]);
  return (
    items
      // A shell puts it on its line as it is.
      .filter(({ id }) => id.startsWith(typed) && /^[\w.@:+-]+$/.test(id))
      .map(({ id, phase, user, name }) => ({
        value: id,
        description: [name ?? user, phase].filter(Boolean).join(', '),
      }))
  );
};

const ask = async (path: string): Promise<readonly Item[]> => {
  const api = await connect({}, {});
  const { items } = await api.call<{ items: readonly Item[] }>('GET', `${path}?limit=100`);
  return items;
};
