/** A TES server for tests: it keeps tasks in memory, tells what it was sent, and breaks in whatever way it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeTask {
  [field: string]: unknown;
  id: string;
  state: string;
  tags: Record<string, string>;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What happens to a call instead of, or after, what it asks for. */
export type Fault =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  /** Done, then the connection is cut. */
  | 'lost-answer'
  /** Not done. */
  | 'reset'
  /** Not done, and never answered. */
  | 'never'
  | 'not-json'
  | 'cut-short'
  | 'huge';

export interface FakeTes {
  readonly url: string;
  readonly tasks: FakeTask[];
  readonly seen: Seen[];
  /** Asked for each call. */
  fault: (call: Seen) => Fault | undefined;
  /** Tags are not looked at in a list. */
  ignoresTags: boolean;
  /** The next page is always this one. */
  repeatsToken: string | undefined;
  /** A task, newest last. */
  add(task?: Partial<FakeTask>): FakeTask;
  stop(): Promise<void>;
}

const BASE = '/ga4gh/tes/v1';
const PAGE_DEFAULT = 256;
const HUGE_BYTES = 40 * 1024 * 1024;

export const startFakeTes = async (): Promise<FakeTes> => {
  const tasks: FakeTask[] = [];
  const seen: Seen[] = [];

  const answerOf = (call: Seen): { status: number; body: unknown } => {
    const { method, path, query } = call;
    if (path === `${BASE}/service-info`) return { status: 200, body: { id: 'fake', name: 'Fake TES' } };
    if (path === `${BASE}/tasks` && method === 'POST') {
      const task = fake.add({ ...(JSON.parse(call.body) as Partial<FakeTask>), state: 'QUEUED' });
      return { status: 200, body: { id: task.id } };
    }
    if (path === `${BASE}/tasks`) return { status: 200, body: page(query) };
    const [, id = '', cancel] = /^\/ga4gh\/tes\/v1\/tasks\/([^/]+?)(:cancel)?$/.exec(path) ?? [];
    const task = tasks.find((one) => one.id === decodeURIComponent(id));
    if (!task) return { status: 404, body: { error: `no task ${id} at ${fake.url}` } };
    if (cancel) {
      task.state = 'CANCELED';
      return { status: 200, body: {} };
    }
    return { status: 200, body: shown(task, query.get('view') ?? 'MINIMAL') };
  };

  /** MINIMAL has all fields, empty ones, as Funnel has it. */
  const shown = (task: FakeTask, view: string): unknown => {
    if (view === 'MINIMAL') return { id: task.id, state: task.state, name: '', tags: {} };
    return task;
  };

  const page = (query: URLSearchParams): unknown => {
    const size = Number(query.get('page_size') ?? PAGE_DEFAULT);
    const keys = query.getAll('tag_key');
    const values = query.getAll('tag_value');
    const token = query.get('page_token');
    const newestFirst = [...tasks].reverse();
    const from = token === null ? 0 : newestFirst.findIndex(({ id }) => id === token) + 1;
    const matching = newestFirst
      .slice(from)
      .filter(
        (task) =>
          String(task.name ?? '').startsWith(query.get('name_prefix') ?? '') &&
          (query.get('state') === null || task.state === query.get('state')) &&
          (fake.ignoresTags ||
            keys.every((key, at) => key in task.tags && (!values[at] || task.tags[key] === values[at]))),
      );
    const some = matching.slice(0, size);
    const next = fake.repeatsToken ?? (some.length === size ? some.at(-1)?.id : undefined);
    return {
      tasks: some.map((task) => shown(task, query.get('view') ?? 'MINIMAL')),
      ...(next && { next_page_token: next }),
    };
  };

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const url = new URL(req.url ?? '/', 'http://fake');
    const call: Seen = {
      method: req.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: req.headers,
      body,
    };
    seen.push(call);
    const fault = fake.fault(call);
    if (fault === 'never') return;
    if (fault === 'reset') return void req.socket.destroy();
    if (typeof fault === 'object') {
      res.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body ?? '{}');
      return;
    }
    const answer = answerOf(call);
    if (fault === 'lost-answer') return void req.socket.destroy();
    const text = JSON.stringify(answer.body);
    if (fault === 'not-json') res.writeHead(200).end('<html>');
    else if (fault === 'cut-short') {
      res.writeHead(200, { 'content-length': text.length + 10 });
      res.write(text, () => req.socket.destroy());
    } else if (fault === 'huge') res.writeHead(200).end(`{"tasks":[${' '.repeat(HUGE_BYTES)}]}`);
    else res.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  };

  const server = createServer((req, res) => void serve(req, res).catch(() => req.socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeTes = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tasks,
    seen,
    fault: () => undefined,
    ignoresTags: false,
    repeatsToken: undefined,
    add(task = {}) {
      const id = `task-${String(tasks.length + 1).padStart(6, '0')}`;
      const added = { tags: {}, state: 'RUNNING', ...task, id };
      tasks.push(added);
      return added;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
};
