/** What the key Tab gives: by the parser itself, and in a bash that somebody types into. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { complete } from '#cli/completion/candidates.ts';
import { createProgram } from '#cli/program.ts';
import { eyrie, eyrieWith, play } from './run-cli.ts';
import { openTerminal } from './terminal.ts';

const KILL_LINE = '\u0015';

const valuesAt = (...words: string[]): string[] =>
  complete(createProgram(), words).candidates.map(({ value }) => value);

describe('what fits in', () => {
  test.each([
    [['st'], ['status', 'storage']],
    [['compute', 'ex'], ['export']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['terminate', 'x', '--mode', ''],
      ['park', 'dispose'],
    ],
    [['terminate', '--mode', 'd'], ['dispose']],
    [['terminate', 'x', '--mode=d'], ['--mode=dispose']],
    [['list', '--stuck=x'], []],
    [
      ['credentials', '--format', ''],
      ['env', 'json', 'profile'],
    ],
    [['list', '--st'], ['--stuck']],
    [['list', '--stuck', '--st'], []],
    [['list', '--phase=running', '--p'], []],
    [['tasks', 'list', '--tag', 'a', '--ta'], ['--tag']],
    [['launch', '--user', 'a', '--no-'], ['--no-wait']],
    [['no-such-command', ''], []],
    [['abandon-step', 'x', 'y', 'z', ''], []],
  ])('behind %j: %j', (words, expected) => {
    expect(valuesAt(...words)).toEqual(expected);
  });

  test('every command is offered, the one that serves the shell is not', () => {
    expect(valuesAt('')).toEqual(expect.arrayContaining(['dev', 'launch', 'compute', 'completion', 'help']));
    expect(valuesAt('comp')).toEqual(['compute', 'completion']);
  });

  test.each([
    ['compute', 'create', '-f', ''],
    ['dev', '--config', 'x'],
    ['compute', 'import', ''],
  ])('names of files behind %s %s', (...words) => {
    expect(complete(createProgram(), words)).toMatchObject({ files: true, candidates: [] });
  });

  test('names are those of the API; where it can’t be asked there are none, and no word about it', async () => {
    const asked: string[] = [];
    const url = await play((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const items = ['localhost.alice', 'localhost.$(touch x)', 'localhost.a;b', 'other.bob'].map((id) => ({
        id,
        phase: 'running',
        user: 'a\nb',
      }));
      response.end(JSON.stringify({ items, nextCursor: null }));
    });
    const env = { EYRIE_API: url, EYRIE_TOKEN: 't' };
    const { stdout } = await eyrieWith(env, 'complete', '--', 'status', 'loc');
    expect([stdout, asked]).toEqual(['localhost.alice\ta b, running\n', ['/v1/workspaces?limit=100 Bearer t']]);
    const silent = { EYRIE_API: 'http://127.0.0.1:1', EYRIE_TOKEN: 't' };
    expect(await eyrieWith(silent, 'complete', '--', 'status', '')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

test('bash completes commands, options, values and files, for a path to eyrie too', async () => {
  const env = {
    PS1: '',
    EYRIE_API: 'http://127.0.0.1:1',
    HISTFILE: '',
    HOME: fileURLToPath(new URL('../..', import.meta.url)),
  };
  const bash = openTerminal(['bash', '--norc', '--noprofile', '-i'], 200, env);
  const typed = async (keys: string, becomes: string): Promise<void> => {
    bash.type(keys);
    await bash.until(becomes);
    bash.type(KILL_LINE);
  };
  bash.type('eval "$(bin/eyrie completion bash)" && echo it is $((1 + 1))there\r');
  await bash.until('it is 2there');
  await typed('bin/eyrie termi\t', 'bin/eyrie terminate ');
  await typed('bin/eyrie terminate x@y --mode pa\t', '--mode park ');
  await typed('bin/eyrie list --stu\t', 'list --stuck ');
  await typed('bin/eyrie compute create -f READ\t', '-f README.md ');
  await typed('bin/eyrie terminate x@y --mode=di\t', '--mode=dispose ');
  await typed('~/bin/eyrie watc\t', '~/bin/eyrie watch ');
  bash.type('exit\r');
  await bash.ended;
});

test.each(['bash', 'zsh', 'fish'])('%s is given a script', async (shell) => {
  expect(await eyrie('completion', shell)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`completion ${shell}`),
  });
});

test('a shell that is not known is a wrong command line', async () => {
  expect((await eyrie('completion', 'csh')).code).toBe(2);
});
