/**
 * A page of the tasks that a caller may see. A TES server filters by tags, not by rights, so its pages may hold tasks of
 * others: it is gone on with them until ours is full. They are read in the view that shows tags, never in full.
 */
import { createHash } from 'node:crypto';
import type { Access } from './access.ts';
import type { Cursors, Position } from './cursor.ts';
import type { TesTask, TesTaskPage, TesView } from './model.ts';
import { TesProblem } from './problem.ts';
import { fault } from './relay.ts';
import { AUTHZ_TAG, isReservedTag } from './tags.ts';
import { type TesUpstream, TooLarge } from './upstream.ts';
import { viewOf } from './views.ts';

export interface ListRequest {
  readonly view: TesView;
  readonly pageSize: number;
  readonly pageToken: string | undefined;
  readonly namePrefix: string | undefined;
  readonly state: string | undefined;
  readonly tagKeys: readonly string[];
  readonly tagValues: readonly string[];
}

export interface TaskPage {
  readonly tasks: readonly TesTask[];
  readonly next_page_token?: string;
}

/** Pages of the server that one request looks through: 16,384 tasks and more; then it answers with what it has. */
const PAGES_MAX = 64;
/** Where others' tasks may be in between, of which the server is asked more than is wanted. */
const MIXED_PAGE = 256;
const FULL_AT_ONCE = 8;
/** Each of them may be megabytes long. */
const FULL_PAGE_MAX = 256;

export interface ListParts {
  readonly upstream: TesUpstream;
  readonly cursors: Cursors;
  /** Those that the caller may see, with their tags. */
  readonly onSeen: (tasks: readonly TesTask[]) => void;
}

/** @param whose names the caller: another one's cursor is no good */
export const listTasks = async (
  { upstream, cursors, onSeen }: ListParts,
  request: ListRequest,
  access: Access,
  whose: string,
): Promise<TaskPage> => {
  const filters = filtersOf(request, access);
  const scope = createHash('sha256')
    .update(JSON.stringify([whose, filters]))
    .digest('hex');
  const start = request.pageToken === undefined ? {} : cursors.open(request.pageToken, scope);
  const wanted = request.view === 'FULL' ? Math.min(request.pageSize, FULL_PAGE_MAX) : request.pageSize;
  const { tasks, next } = await collect({ upstream, filters, access, wanted, start });
  onSeen(tasks);
  const shown = request.view === 'FULL' ? await inFull(upstream, tasks) : tasks;
  return {
    tasks: shown.map((task) => viewOf(task, request.view)),
    ...(next && { next_page_token: cursors.seal(next, scope) }),
  };
};

/** Ours comes first: the n-th value belongs to the n-th key, and a caller may leave values out. */
const filtersOf = (request: ListRequest, { onlyAuthz }: Access): readonly (readonly [string, string])[] => {
  const { namePrefix, state, tagKeys, tagValues } = request;
  const reserved = tagKeys.find(isReservedTag);
  if (reserved !== undefined) throw invalid(`the tag ${JSON.stringify(reserved)} is reserved`);
  if (tagValues.length > tagKeys.length) throw invalid('each tag_value needs its tag_key');
  return [
    ...(namePrefix === undefined ? [] : [['name_prefix', namePrefix] as const]),
    ...(state === undefined ? [] : [['state', state] as const]),
    ...(onlyAuthz === undefined ? [] : [['tag_key', AUTHZ_TAG] as const, ['tag_value', onlyAuthz] as const]),
    ...tagKeys.flatMap((key, at) => [['tag_key', key] as const, ['tag_value', tagValues[at] ?? ''] as const]),
  ];
};

const invalid = (detail: string): TesProblem => new TesProblem('Invalid', detail, { status: 400 });

interface Collecting {
  readonly upstream: TesUpstream;
  readonly filters: readonly (readonly [string, string])[];
  readonly access: Access;
  readonly wanted: number;
  readonly start: Position;
}

const collect = async ({ upstream, filters, access, wanted, start }: Collecting) => {
  const tasks: TesTask[] = [];
  const known = new Set<string>();
  let position: Position = start;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const missing = wanted - tasks.length;
    const size = position.within?.size ?? (access.onlyAuthz === undefined ? Math.max(missing, MIXED_PAGE) : missing);
    const page = await readPage(upstream, filters, position.token, size);
    const from = indexAfter(page.tasks, position.within?.after);
    for (const [at, task] of page.tasks.entries()) {
      if (at < from || !access.may(task, 'read')) continue;
      tasks.push(task);
      if (tasks.length === wanted) return { tasks, next: after(page, at, position.token) };
    }
    const next = page.nextPageToken;
    if (next === undefined) return { tasks, next: undefined };
    if (next === position.token || known.has(next)) throw fault('gives the same page again');
    known.add(next);
    position = { token: next };
  }
  return { tasks, next: position };
};

/** Newer tasks push those of a first page down; where the last one that was seen is gone, its page begins again. */
const indexAfter = (tasks: readonly TesTask[], id: string | undefined): number =>
  id === undefined ? 0 : tasks.findIndex((task) => task.id === id) + 1;

const after = (page: SizedPage, at: number, token: string | undefined): Position | undefined => {
  const id = page.tasks[at]?.id;
  if (at + 1 < page.tasks.length && id !== undefined) return { token, within: { size: page.size, after: id } };
  return page.nextPageToken === undefined ? undefined : { token: page.nextPageToken };
};

interface SizedPage extends TesTaskPage {
  readonly size: number;
}

/** A smaller one where the tasks are so large that the page can't be read. */
const readPage = async (
  upstream: TesUpstream,
  filters: Collecting['filters'],
  token: string | undefined,
  wanted: number,
): Promise<SizedPage> => {
  for (let size = wanted; ; size = Math.ceil(size / 4)) {
    const query = new URLSearchParams([
      ['view', 'BASIC'],
      ['page_size', String(size)],
      ...filters.map(([name, value]): [string, string] => [name, value]),
    ]);
    if (token !== undefined) query.append('page_token', token);
    try {
      return { ...(await upstream.list(query)), size };
    } catch (error) {
      if (!(error instanceof TooLarge) || size === 1) throw error;
    }
  }
};

/** One by one, of those that are shown alone; what has gone meanwhile is left out. */
const inFull = async (upstream: TesUpstream, tasks: readonly TesTask[]): Promise<readonly TesTask[]> => {
  const full: (TesTask | undefined)[] = [];
  for (let from = 0; from < tasks.length; from += FULL_AT_ONCE) {
    const some = tasks.slice(from, from + FULL_AT_ONCE);
    full.push(...(await Promise.all(some.map(({ id }) => upstream.find(id, 'FULL')))));
  }
  return full.filter((task) => task !== undefined);
};
