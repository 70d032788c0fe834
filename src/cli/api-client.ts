/** The API as the command line speaks to it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { OperationProgress } from '#domain/core/operation.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import { placeIn } from './read-document.ts';
import { parseEvents } from './server-sent-events.ts';
import { typedIn } from './typed.ts';

/** Whatever the API has operations on: a workspace, a user's storage. */
export interface Followed extends OperationProgress {
  readonly id: string;
  readonly updatedAt: string;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiClient {
  /** Where it is. */
  readonly url: string;
  /** @throws CliError with the API's problem. */
  call<T>(method: Method, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>;
  text(path: string): Promise<string>;
  /** Asks for what may take longer. @returns the path that shows it, such as `/v1/storage/localhost.42`; null: it is done */
  begin(method: Method, path: string): Promise<string | null>;
  /**
   * What is at this path, at once and on each change, until no operation is under way. Connects again when cut off.
   * @param path for example `/v1/workspaces/localhost.alice`
   * @param name of the event that brings it: its kind
   * @param signal ends it, with its reason
   */
  follow<View extends Followed>(path: string, name: string, signal?: AbortSignal): AsyncGenerator<View>;
}

const RECONNECT_MS = 1_000;
/** An API that is restarted, or whose balancer has yet to notice, is back within this. */
const AWAY_MS = 60_000;

const STATUS_CODES: Readonly<Record<number, ExitCode>> = {
  404: EXIT.notFound,
  409: EXIT.conflict,
  410: EXIT.conflict,
  502: EXIT.unavailable,
  503: EXIT.unavailable,
  504: EXIT.unavailable,
};

export const createApiClient = (api: string, token: string): ApiClient => {
  const request = async (
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<Response> => {
    const answer = await fetch(`${api.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...more,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      const { cause } = error as { cause?: { message?: string } };
      throw new CliError(EXIT.unavailable, `the API at ${api} does not answer: ${cause?.message ?? String(error)}`);
    });
    if (!answer.ok) throw await refusalOf(answer, body);
    return answer;
  };

  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      const detail = `what answers at ${api} is not Eyrie's API: it sends no JSON`;
      throw new CliError(EXIT.unavailable, detail);
    }
  };

  return {
    url: api,

    async call<T>(
      method: Method,
      path: string,
      body?: unknown,
      headers?: Readonly<Record<string, string>>,
    ): Promise<T> {
      const text = await (await request(method, path, body, headers)).text();
      // What is done and has nothing to tell is answered without a body.
      return (text === '' ? null : parsed(text)) as T;
    },

    async text(path) {
      return (await request('GET', path, undefined, { accept: 'text/plain' })).text();
    },

    async begin(method, path) {
      const answer = await request(method, path);
      await answer.body?.cancel();
      return answer.status === 202 ? answer.headers.get('location') : null;
    },

    async *follow<View extends Followed>(path: string, name: string, signal?: AbortSignal) {
      /** When it last answered. An API that never did is not waited for. */
      let there = Number.NEGATIVE_INFINITY;
      const mayComeBack = (error: unknown): undefined => {
        signal?.throwIfAborted();
        const isAway = error instanceof CliError && error.exitCode === EXIT.unavailable;
        if (!isAway || Date.now() - there > AWAY_MS) throw error;
      };
      for (;;) {
        const events = request('GET', `${path}/events`, undefined, { accept: 'text/event-stream' }, signal);
        const answer = await events.catch(mayComeBack);
        for await (const { event, data } of parseEvents(answer?.body ?? null)) {
          if (event === 'end') return;
          if (event === name) yield JSON.parse(data) as View;
        }
        signal?.throwIfAborted();
        if (answer) there = Date.now();
        await pause(RECONNECT_MS);
      }
    },
  };
};

interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const refusalOf = async (answer: Response, body: unknown): Promise<CliError> => {
  const problem = (await answer.json().catch(() => ({}))) as ProblemBody;
  const code = STATUS_CODES[answer.status] ?? (answer.status >= 500 ? EXIT.internal : EXIT.refused);
  const lines = [
    `${problem.code ?? answer.status}: ${typedIn(problem.detail ?? answer.statusText)}`,
    ...(problem.errors ?? []).map(({ pointer, detail }) => {
      const place = placeIn(body, pointer);
      return `  ${place === undefined ? '' : `${place}: `}${pointer || '/'}: ${typedIn(detail)}`;
    }),
    ...(problem.requestId ? [`  request ${problem.requestId}`] : []),
  ];
  return new CliError(code, lines.join('\n'), problem);
};
