/** What nobody caught: of a request, it is told and the others go on; else the process ends, and says why. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const MODULES = fileURLToPath(new URL('../../src/', import.meta.url));

/** A server that goes wrong in the way that is asked for. */
const SERVER = `
const { createLogger } = await import('${MODULES}observability/logger.ts');
const { createBareServer } = await import('${MODULES}api/listener.ts');
const { watchStrayErrors } = await import('${MODULES}observability/stray-errors.ts');
watchStrayErrors({ log: createLogger({ name: 'test' }) });
const reason = () => new Error('it failed', { cause: new Error('because of this') });
const faults = {
  '/rejects': async () => { await null; throw reason(); },
  '/rejects-later': () => setImmediate(() => void Promise.reject(reason())),
  '/throws-later': () => setImmediate(() => { throw reason(); }),
};
const server = createBareServer(undefined);
server.on('request', (request, response) => {
  void faults[request.url.split('?')[0]]?.();
  response.end('answered');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGUSR2', () => void Promise.reject(reason()));
`;

const start = async () => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', SERVER],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    child,
    ask: async (path: string) => await (await fetch(`http://127.0.0.1:${port}${path}`)).text(),
    told: async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>,
  };
};

test('a rejection of a request is told under the request, and the others are served', async () => {
  const { ask, told, child } = await start();
  for (const path of ['/rejects', '/rejects-later']) {
    expect(await ask(`${path}?token=secret`)).toBe('answered');
    expect(await told()).toMatchObject({
      ...{ level: 'error', method: 'GET', path },
      msg: 'a rejected promise of a request is waited for by nobody: it failed: because of this',
      error: { cause: { message: 'because of this' } },
    });
  }
  expect(await ask('/')).toBe('answered');
  expect(child.exitCode).toBeNull();
});

test.each([
  [
    'a rejection of nobody',
    'a rejected promise is waited for by nobody',
    (child: { kill(signal: 'SIGUSR2'): void }) => child.kill('SIGUSR2'),
  ],
  ['an error that is thrown', 'an error is caught by nobody', undefined],
])('%s ends the process, which says why', async (_, what, cause) => {
  const { ask, told, child } = await start();
  const ended = once(child, 'exit');
  if (cause) cause(child);
  else await ask('/throws-later').catch(() => undefined);
  expect(await told()).toMatchObject({ level: 'fatal', msg: expect.stringContaining(what) });
  expect(await ended).toEqual([1, null]);
});
