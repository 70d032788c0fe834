/**
 * The TES server, over a bounded pool of connections of its own: a slow or broken one takes nothing from the rest of the
 * API. Its answers are limited in size and time, redirects are not followed, and only reads are ever sent twice.
 */
import { type Dispatcher, Pool } from 'undici';
import { isObject, type JsonObject, type TesTask, type TesTaskPage, type TesView } from './model.ts';
import { TesProblem } from './problem.ts';
import { fault, problemOfAnswer } from './relay.ts';

export interface TesUpstream {
  serviceInfo(): Promise<JsonObject>;
  /** Its id. @throws CreateFailed */
  create(task: JsonObject, headers: Readonly<Record<string, string>>): Promise<string>;
  /** One page. @param query TES's own parameters, in their order. @throws TooLarge where it is too long to read */
  list(query: URLSearchParams): Promise<TesTaskPage>;
  /** Undefined: there is none. */
  find(id: string, view: TesView): Promise<TesTask | undefined>;
  cancel(id: string): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface TesUpstreamOptions {
  /** With or without its path. */
  readonly url: string;
  /** For a whole call, in milliseconds. */
  readonly timeoutMs: number;
  readonly connectionsMax: number;
  /** Bytes of one answer. Default 16 MiB. */
  readonly answerBytesMax?: number;
}

/** `nothing-made`: it is certain. `unknown`: a task may be there. `timeout`: one may be there yet. */
export type CreateOutcome = 'nothing-made' | 'unknown' | 'timeout';

export class CreateFailed extends Error {
  readonly problem: TesProblem;
  readonly outcome: CreateOutcome;

  constructor(problem: TesProblem, outcome: CreateOutcome) {
    super(problem.message);
    this.name = 'CreateFailed';
    this.problem = problem;
    this.outcome = outcome;
  }
}

export class TooLarge extends TesProblem {
  constructor() {
    super('Unavailable', 'the TES server answers more than can be read at once', { status: 502 });
  }
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

const MIB = 1024 * 1024;
/** Calls that wait for a connection, for each that has one. */
const WAITING_MAX = 8;

export const createTesUpstream = (options: TesUpstreamOptions): TesUpstream => {
  const { timeoutMs, connectionsMax, answerBytesMax = 16 * MIB } = options;
  const { origin, path: base } = baseOf(options.url);
  const pool = new Pool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    connectTimeout: Math.min(timeoutMs, 10_000),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let open = 0;

  const send = async ({ method, path, headers, body }: Call): Promise<Answer> => {
    if (open >= connectionsMax * (1 + WAITING_MAX))
      throw new TesProblem('Unavailable', 'too many calls wait for the TES server');
    open += 1;
    try {
      const answer = await pool.request({
        method,
        path: `${base}${path}`,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body ?? null,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return {
        status: answer.statusCode,
        text: await textOf(answer.body, answerBytesMax),
        retryAfter: [answer.headers['retry-after']].flat()[0],
      };
    } finally {
      open -= 1;
    }
  };

  /** Once more where the connection was cut: the server may have closed it while it was idle. */
  const read = async (call: Call): Promise<Answer> => {
    try {
      return await send(call).catch((error: unknown) => {
        if (isCut(error)) return send(call);
        throw error;
      });
    } catch (error) {
      throw problemOf(error);
    }
  };

  const jsonOf = ({ status, text, retryAfter }: Answer): JsonObject => {
    if (status < 200 || status >= 300) throw problemOfAnswer({ status, text, retryAfter });
    const body = parsed(text);
    if (!isObject(body)) throw fault('gives an answer that is not JSON');
    return body;
  };

  return {
    serviceInfo: async () => {
      const answer = await read({ method: 'GET', path: '/service-info' });
      if (answer.status === 404) throw fault('does not answer where it is looked for');
      return jsonOf(answer);
    },

    async create(task, headers) {
      const secrets = Object.values(headers);
      const answer = await send({ method: 'POST', path: '/tasks', headers, body: JSON.stringify(task) }).catch(
        (error: unknown) => {
          throw new CreateFailed(problemOf(error), outcomeOf(error));
        },
      );
      const { status, text } = answer;
      if (status < 200 || status >= 300) {
        const problem =
          status === 404 ? fault('does not answer where it is looked for') : problemOfAnswer(answer, secrets);
        // What was refused was not made; a fault may have come after it.
        throw new CreateFailed(problem, status < 500 ? 'nothing-made' : 'unknown');
      }
      const body = parsed(text);
      const id = isObject(body) ? body.id : undefined;
      if (typeof id !== 'string' || id === '')
        throw new CreateFailed(fault('does not say which task it made'), 'unknown');
      return id;
    },

    async list(query) {
      const answer = await read({ method: 'GET', path: `/tasks?${query}` });
      if (answer.status === 404) throw fault('does not answer where it is looked for');
      const { tasks, next_page_token: next } = jsonOf(answer);
      if (tasks !== undefined && tasks !== null && !Array.isArray(tasks)) throw fault('gives a list that is none');
      return {
        tasks: ((tasks ?? []) as unknown[]).map((task) => taskOf(task)),
        nextPageToken: typeof next === 'string' && next !== '' ? next : undefined,
      };
    },

    async find(id, view) {
      const answer = await read({ method: 'GET', path: `/tasks/${encodeURIComponent(id)}?view=${view}` });
      if (answer.status === 404) return undefined;
      const task = taskOf({ id, ...jsonOf(answer) });
      if (task.id !== id) throw fault('answers with another task');
      return task;
    },

    async cancel(id) {
      const answer = await read({ method: 'POST', path: `/tasks/${encodeURIComponent(id)}:cancel` });
      return answer.text.trim() === '' && answer.status >= 200 && answer.status < 300 ? {} : jsonOf(answer);
    },

    close: () => pool.destroy(),
  };
};

/** TES lives below `/ga4gh/tes/v1`; an address may say so, or leave it out. */
const baseOf = (url: string): { origin: string; path: string } => {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, '');
  if (path.endsWith('/v1')) return { origin, path };
  return { origin, path: path.endsWith('/ga4gh/tes') ? `${path}/v1` : `${path}/ga4gh/tes/v1` };
};

const taskOf = (value: unknown): TesTask => {
  if (!isObject(value) || typeof value.id !== 'string' || value.id === '') throw fault('tells of a task without an id');
  return value as TesTask;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @throws TooLarge, after which nothing more is read */
const textOf = async (body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes > bytesMax) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const codeOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
};

const CUT = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const isCut = (error: unknown): boolean => CUT.has(codeOf(error));

const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMEOUTS = new Set([
  'TimeoutError',
  'AbortError',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_ABORTED',
]);

const outcomeOf = (error: unknown): CreateOutcome => {
  if (error instanceof TooLarge) return 'unknown';
  if (error instanceof TesProblem || NOT_CONNECTED.has(codeOf(error))) return 'nothing-made';
  return TIMEOUTS.has(codeOf(error)) ? 'timeout' : 'unknown';
};

/** No cause goes along: it names addresses. */
const problemOf = (error: unknown): TesProblem => {
  if (error instanceof TesProblem) return error;
  const code = codeOf(error);
  if (TIMEOUTS.has(code)) return new TesProblem('Unavailable', 'the TES server does not answer in time');
  return new TesProblem(
    'Unavailable',
    NOT_CONNECTED.has(code) ? 'the TES server can not be reached' : 'the TES server has cut the connection',
  );
};
