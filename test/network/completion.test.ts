/** What the key Tab gives in a zsh and a fish that somebody types into. Of bash that is tested with the command line. */
import { symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, test } from 'vitest';
import { play } from '../cli/run-cli.ts';
import { openTerminal } from '../cli/terminal.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [LINE_START, KILL_LINE] = ['\u0001', '\u0015'];

const SHELLS = {
  zsh: {
    command: ['zsh', '-f', '-i'],
    loads: 'autoload -Uz compinit && compinit -u -D; eval "$(bin/eyrie completion zsh)"',
  },
  fish: { command: ['fish', '--no-config', '-i'], loads: 'bin/eyrie completion fish | source' },
} as const;

const api = () =>
  play((request, response) => {
    const items = request.url?.startsWith('/v1/workspaces')
      ? [{ id: 'localhost.alice-40example', phase: 'running', user: "alice's $HOME" }]
      : [];
    response.end(JSON.stringify({ items, nextCursor: null }));
  });

test.each(['zsh', 'fish'] as const)('%s completes commands, options, values, files and ids', async (name) => {
  const home = await mkdtemp(join(tmpdir(), 'eyrie-shell-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  // As people have it: a checkout below their home.
  symlinkSync(ROOT, join(home, 'eyrie'));
  const { command, loads } = SHELLS[name];
  const shell = openTerminal([...command], 200, { HOME: home, EYRIE_API: await api(), EYRIE_TOKEN: 't' });
  /** Shells draw the line in pieces: it is told by what is made of it, word by word. */
  const becomes = async (typed: string, ...words: string[]): Promise<void> => {
    shell.type(`${KILL_LINE}${typed}\t${LINE_START}printf '<%s>' \r`);
    await shell.until(words.map((word) => `<${word}>`).join(''));
  };
  shell.type(`${loads}; printf '<%s>' loaded\r`);
  await shell.until('<loaded>');
  await becomes('bin/eyrie termi', 'bin/eyrie', 'terminate');
  await becomes('bin/eyrie terminate x@y --mode pa', 'bin/eyrie', 'terminate', 'x@y', '--mode', 'park');
  await becomes('bin/eyrie terminate x@y --mode=di', 'bin/eyrie', 'terminate', 'x@y', '--mode=dispose');
  await becomes('bin/eyrie list --stu', 'bin/eyrie', 'list', '--stuck');
  await becomes('bin/eyrie compute plan --file=READ', 'bin/eyrie', 'compute', 'plan', '--file=README.md');
  await becomes('~/eyrie/bin/eyrie status loc', `${home}/eyrie/bin/eyrie`, 'status', 'localhost.alice-40example');
  shell.type('exit\r');
  await shell.ended;
});

test('zsh finds it in a folder of completions, too, at the first Tab', async () => {
  const home = await mkdtemp(join(tmpdir(), 'eyrie-shell-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const zsh = openTerminal(['zsh', '-f', '-i'], 200, { HOME: home, EYRIE_API: 'http://127.0.0.1:1', EYRIE_TOKEN: 't' });
  zsh.type('bin/eyrie completion zsh > ~/_eyrie; fpath=(~ $fpath); autoload -Uz compinit && compinit -u -D\r');
  zsh.type(`bin/eyrie rota\t${LINE_START}printf '<%s>' \r`);
  await zsh.until('<bin/eyrie><rotate>');
  zsh.type('exit\r');
  await zsh.ended;
});
