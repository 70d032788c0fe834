/** The command line, here or as a process, and an API that a test plays. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { run } from '#cli/run.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line in this process, where nothing is loaded anew: what it writes is caught, and no variable but PATH is
 * set. Roots and whatever ends at a signal need a process of their own.
 */
export const eyrie = async (...args: string[]): Promise<Ended> => {
  const written = { stdout: '', stderr: '' };
  const streams = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += chunk;
      return true;
    }),
  );
  const { env } = process;
  process.env = { PATH: env.PATH ?? '' };
  try {
    return { code: await run(args), ...written };
  } finally {
    process.env = env;
    for (const stream of streams) stream.mockRestore();
  }
};

/** As a process, with these variables. */
export const eyrieWith = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> =>
  start(env, undefined, args);

/** As a process, interrupted as by Ctrl-C once this is on standard error. */
export const eyrieUntil = (heard: string, ...args: string[]): Promise<Ended> => start({}, heard, args);

const start = (
  env: Readonly<Record<string, string>>,
  heard: string | undefined,
  args: readonly string[],
): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
      env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '', ...env },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (heard !== undefined && stderr.includes(heard) && !child.killed) child.kill('SIGINT');
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

export const play = async (
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** What was asked of the API, and its answer by method and path. */
export const playRoutes = async (routes: Readonly<Record<string, unknown>>) => {
  const asked: string[] = [];
  const url = await play((request, response) => {
    const key = `${request.method} ${request.url}`;
    asked.push(key);
    const answer = routes[key];
    if (typeof answer === 'string') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer);
    else
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  });
  return { asked, url, run: (...args: string[]) => eyrie(...args, '--api', url, '--token', 't') };
};
