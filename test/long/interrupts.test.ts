/** Signals to whatever the documentation starts: nothing that it started goes on, and no file is left. */
import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PLAYS_ALL } from '../support/dealt.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { markOf, processesOf } from '../support/process-tree.ts';
import { until } from '../support/workspace-runs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL';

interface Started {
  readonly id: string;
  /** Of its temporary files. */
  readonly folder: string;
  readonly said: () => string;
  readonly kill: (signal: Signal) => void;
  readonly ended: Promise<unknown>;
}

/** As a terminal or a unit has it: within npm, commands know themselves to be npm's, whatever they are. */
const withoutNpm = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

/** A command as a shell of the documentation runs it, which becomes the command. */
const startCommand = (command: string): Started => {
  const id = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), 'interrupts-'));
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    cwd: ROOT,
    env: { ...withoutNpm, ...markOf(id), TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C of the terminal that the test runs in is not for it.
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  onTestFinished(async () => {
    for (const { pid } of processesOf(id)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return { id, folder, said: () => said, kill: (signal) => void child.kill(signal), ended };
};

/** Within what a worker may take to let its activities finish. */
const expectNothingLeft = async ({ id, folder, said, ended }: Started): Promise<void> => {
  await ended;
  await until('all that it started has ended', () => processesOf(id).length === 0, 60_000).catch((error: Error) => {
    const left = processesOf(id).map(({ pid, command }) => `${pid} ${command}`);
    throw new Error(`${error.message}:\n${left.join('\n')}\n${said()}`);
  });
  const secrets = () => readdirSync(folder).filter((name) => name.startsWith('eyrie-'));
  await until('its files are gone', () => secrets().length === 0, 10_000).catch(() => expect(secrets()).toEqual([]));
};

/** `eyrie` by the words of the documentation, once each. */
const documented = (): string[] => {
  const text = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })]
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n');
  const found = text.matchAll(
    /(?:npm run (?:--silent )?eyrie --|bin\/eyrie) (?:worker|api|dev)\b|npm run (?:--silent )?demo\b/g,
  );
  return [...new Set([...found].map(([command]) => command))].toSorted();
};

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGKILL'] as const;

/** One of them at each place; `MATRIX=all` plays all of them. */
const inTurns = <T>(ways: readonly T[], nth: number): readonly T[] =>
  PLAYS_ALL ? ways : ways.slice(nth % ways.length, (nth % ways.length) + 1);

test('the documentation starts each of the long-running parts', () => {
  for (const part of ['worker', 'api', 'dev', 'demo'])
    expect(documented().filter((command) => command.endsWith(part)).length).toBeGreaterThan(0);
});

describe('each documented command ends with all that it started', () => {
  test('worker and API, by a signal to the command or its death', async () => {
    const dev = await startDevProcess();
    onTestFinished(() => dev.stop());
    const commands = documented().filter((command) => / (worker|api)$/.test(command));
    // And by npm, whether or not the documentation says so.
    const all = new Set([...commands, 'npm run --silent eyrie -- worker', 'npm run --silent eyrie -- api']);
    for (const [nth, command] of [...all].entries()) {
      for (const signal of inTurns(SIGNALS, nth)) {
        const started = startCommand(`${command} --config ${dev.state().config} --json`);
        await until(`${command} is ready`, () => started.said().includes('"ready":true'));
        started.kill(signal);
        await expectNothingLeft(started);
      }
    }
  });

  test.each(SIGNALS)('eyrie dev by npm, by %s', async (signal) => {
    const started = startCommand('npm run --silent eyrie -- dev --json --scale 0');
    await until('it is ready', () => started.said().includes('"workerPid"'));
    started.kill(signal);
    await expectNothingLeft(started);
  });
});

test('bin/eyrie is the worker itself: one process, and no other', async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const started = startCommand(`bin/eyrie worker --config ${dev.state().config} --json`);
  await until('it is ready', () => started.said().includes('"ready":true'));
  expect(processesOf(started.id)).toHaveLength(1);
  expect(processesOf(started.id)[0]?.command).toContain('src/worker.ts');
  started.kill('SIGTERM');
  expect(await started.ended).toBe(0);
});

/** What can be seen of a start that gets on, in its order. */
const MOMENTS = {
  'at once': () => true,
  'with its folder': ({ folder }: Started) => readdirSync(folder).length > 0,
  'with a sandbox under way': ({ id }: Started) =>
    processesOf(id).some(({ command }) => command.includes('sandbox/main.ts')),
  'with AWS under way': ({ id }: Started) => processesOf(id).some(({ command }) => command.includes('moto_server')),
  'with its secrets written': ({ folder }: Started) =>
    readdirSync(folder).some((name) => readdirSync(join(folder, name)).includes('config.yaml')),
  'with a worker under way': ({ id }: Started) =>
    processesOf(id).some(({ command }) => command.includes('src/worker.ts')),
} as const;

const WAYS: readonly (readonly Signal[])[] = [['SIGTERM', 'SIGINT'], ['SIGTERM', 'SIGTERM', 'SIGHUP'], ['SIGKILL']];

/** Up to so long after the moment: the seed is the number that is printed. */
const SPREAD_MS = 300;

const moments = (Object.keys(MOMENTS) as (keyof typeof MOMENTS)[]).map((moment, nth) => ({
  moment,
  ways: inTurns(WAYS, nth),
}));

describe.each(moments)('eyrie dev, interrupted $moment', ({ moment, ways }) => {
  test.each(ways)('by %s %s %s', async (...signals) => {
    const started = startCommand('bin/eyrie dev --json --scale 0');
    await until(moment, () => MOMENTS[moment](started));
    const afterMs = randomInt(SPREAD_MS);
    process.stderr.write(`${moment}: ${signals.join(' ')} after ${afterMs} ms\n`);
    await delay(afterMs);
    for (const signal of signals) if (signal) started.kill(signal);
    await expectNothingLeft(started);
  });
});
