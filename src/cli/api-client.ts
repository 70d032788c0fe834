/** The API as the command line speaks to it. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import { parseEvents } from './server-sent-events.ts';

export interface ApiClient {
  /** @throws CliError with the API's problem. */
  call<T>(method: 'GET' | 'POST', path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>;
  text(path: string): Promise<string>;
  /** The workspace at once and on each change, until no operation is under way. Connects again when cut off. */
  follow(id: string): AsyncGenerator<WorkspaceView>;
}

const RECONNECT_MS = 1_000;

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
    }).catch((error: unknown) => {
      const { cause } = error as { cause?: { message?: string } };
      throw new CliError(EXIT.unavailable, `the API at ${api} does not answer: ${cause?.message ?? String(error)}`);
    });
    if (!answer.ok) throw await refusalOf(answer);
    return answer;
  };

  return {
    async call<T>(
      method: 'GET' | 'POST',
      path: string,
      body?: unknown,
      headers?: Readonly<Record<string, string>>,
    ): Promise<T> {
      return (await (await request(method, path, body, headers)).json()) as T;
    },

    async text(path) {
      return (await request('GET', path, undefined, { accept: 'text/plain' })).text();
    },

    async *follow(id) {
      for (;;) {
        const answer = await request('GET', `/v1/workspaces/${encodeURIComponent(id)}/events`, undefined, {
          accept: 'text/event-stream',
        });
        for await (const { event, data } of parseEvents(answer.body)) {
          if (event === 'end') return;
          if (event === 'workspace') yield JSON.parse(data) as WorkspaceView;
        }
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
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

const refusalOf = async (answer: Response): Promise<CliError> => {
  const problem = (await answer.json().catch(() => ({}))) as ProblemBody;
  const code = STATUS_CODES[answer.status] ?? (answer.status >= 500 ? EXIT.internal : EXIT.refused);
  const lines = [
    `${problem.code ?? answer.status}: ${problem.detail ?? answer.statusText}`,
    ...(problem.errors ?? []).map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`),
    ...(problem.requestId ? [`  request ${problem.requestId}`] : []),
  ];
  return new CliError(code, lines.join('\n'), problem);
};
