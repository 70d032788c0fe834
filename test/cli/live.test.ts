/** What somebody at a terminal sees of an operation, and what stands in a pipe. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { renderBoard } from '#cli/progress/board.ts';
import type { StepView } from '#domain/core/operation.ts';
import { eyrieWith, play } from './run-cli.ts';
import { CTRL_C, onTerminal } from './terminal.ts';

const ID = 'localhost.alice-40example-2eorg';
const STARTED = '2026-11-21T12:00:00.000Z';
const NOW = Date.parse('2026-11-21T12:01:05.000Z');

const aStep = (name: string, changes: object = {}): StepView => ({
  ...{ name, state: 'pending', attempt: 0, since: null, expectedMs: null, waitingFor: null, lastError: null },
  ...changes,
});

const aView = (steps: readonly StepView[], changes: object = {}) => ({
  ...{ id: ID, user: 'alice@example.org', account: '111122223333', region: 'us-east-1', profile: 'nextflow' },
  ...{ phase: 'launching', operation: { type: 'launchWorkspace', startedAt: STARTED, requestedBy: 'user:alice' } },
  ...{ steps, resources: [], stuck: null, error: null, interventions: [], leftovers: [], disposalDueAt: null },
  ...{ credential: { state: 'pending', accessKeyId: null }, updatedAt: STARTED },
  ...changes,
});

const ENDED = { phase: 'running', operation: null, credential: { state: 'claimable', accessKeyId: 'AKIAX' } };
const [NETWORK, QUEUE, PUBLISH] = ['network', 'job-queue', 'publish'].map((name) => aStep(name)) as [
  StepView,
  StepView,
  StepView,
];
const denied = { code: 'Denied', message: 'batch:CreateJobQueue: \u001b[2Jno\nnever', at: STARTED };

/** An API that tells what the test says, when it says so. */
const followed = async (first: object) => {
  const stream = Promise.withResolvers<ServerResponse>();
  const url = await play((request, response) => {
    if (request.method === 'POST') {
      response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(first));
    } else {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      stream.resolve(response);
    }
  });
  return {
    launch: ['launch', '--user', 'alice@example.org', '--api', url, '--token', 't'],
    tell: async (view: object) =>
      void (await stream.promise).write(`event: workspace\ndata: ${JSON.stringify(view)}\n\n`),
    end: async () => void (await stream.promise).end('event: end\ndata: {}\n\n'),
  };
};

describe('on a terminal', () => {
  test('the id is there at once, then each step with what it waits for; at the end the next command', async () => {
    const api = await followed(aView([]));
    const terminal = onTerminal(api.launch);
    // Nothing was told yet but the answer to the launch itself.
    await terminal.until(ID);
    await api.tell(
      aView([aStep('network', { state: 'waiting', since: STARTED, waitingFor: 'vpc-1 is pending' }), PUBLISH]),
    );
    await terminal.until('vpc-1 is pending');
    await api.tell(aView([aStep('network', { state: 'done' }), aStep('publish', { state: 'done' })], ENDED));
    await api.end();
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('\u001b[32m✔\u001b[39m publish');
    expect(terminal.shown()).toContain(`eyrie nextflow-config ${ID} > nextflow.config`);
    // The cursor that was hidden is back.
    expect(terminal.shown().lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.shown().lastIndexOf('\u001b[?25l'));
  });

  test('a step that failed is red, and those after it stand still; it ends with 6', async () => {
    const api = await followed(aView([]));
    const terminal = onTerminal(api.launch);
    const steps = [aStep('network', { state: 'undone' }), aStep('job-queue', { state: 'undone' }), PUBLISH];
    const error = { code: 'Denied', detail: `job-queue: ${denied.message}`, step: 'job-queue' };
    await api.tell(aView(steps, { phase: 'failed', operation: null, error }));
    await api.end();
    expect(await terminal.ended).toBe(6);
    expect(terminal.shown()).toContain(
      '\u001b[31m✖\u001b[39m \u001b[31mjob-queue  failed, undone: Denied: batch:CreateJobQueue: [2Jno never\u001b[39m',
    );
    expect(terminal.shown()).toContain('\u001b[2m·\u001b[22m \u001b[2mpublish\u001b[22m');
    expect(terminal.shown()).toContain('Denied at job-queue: batch:CreateJobQueue: [2Jno');
  });

  test('Ctrl-C says that it goes on and how to follow it: 130, and the cursor is back', async () => {
    const api = await followed(aView([]));
    const terminal = onTerminal(api.launch, { env: { EYRIE_SELF: 'bin/eyrie' } });
    await api.tell(aView([aStep('network', { state: 'running', since: STARTED })]));
    await terminal.until('network');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toContain(`what was started goes on; \`bin/eyrie watch ${ID}\` follows it again`);
    expect(terminal.shown().lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.shown().lastIndexOf('\u001b[?25l'));
  });

  test.each([{ TERM: 'dumb' }, { columns: 20 }])('%j gets a line per change', async ({ columns = 100, ...env }) => {
    const api = await followed(aView([]));
    const terminal = onTerminal(api.launch, { columns, env });
    await api.tell(aView([aStep('network', { state: 'running' })]));
    await api.tell(aView([aStep('network', { state: 'done' })], ENDED));
    await api.end();
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('network running\r\n');
    expect(terminal.shown()).not.toContain('\u001b');
  });

  test('without colours where NO_COLOR asks for none', async () => {
    const api = await followed(aView([]));
    const terminal = onTerminal(api.launch, { env: { NO_COLOR: '1' } });
    await api.tell(aView([aStep('network', { state: 'failed', lastError: denied })], ENDED));
    await api.end();
    await terminal.ended;
    expect(terminal.shown()).toContain('✖ network  failed');
    expect(terminal.shown()).not.toContain('\u001b[3');
  });
});

test('in a pipe there is a line per change, and nothing that steers a terminal', async () => {
  const stuck = {
    step: 'job-queue',
    since: STARTED,
    code: null,
    reason: null,
    hint: 'retry asks AWS again at once',
    exits: ['retry'],
  };
  const api = await followed(aView([]));
  const run = eyrieWith({}, ...api.launch);
  await api.tell(aView([NETWORK, aStep('job-queue', { state: 'waiting', lastError: denied })], { stuck }));
  await api.tell(aView([NETWORK, QUEUE], ENDED));
  await api.end();
  const { code, stdout, stderr } = await run;
  expect(code).toBe(0);
  expect(stderr.split('\n')[0]).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${ID} launching$`));
  expect(stderr).toContain(`eyrie retry ${ID} --step job-queue`);
  expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n]/u);
});

describe('the board', () => {
  const render = (view: object, columns = 100): string[] =>
    renderBoard(view as Parameters<typeof renderBoard>[0], {
      ...{ columns, now: NOW, paint: (style, text) => (style === 'dim' ? text : `<${style}>${text}</>`) },
      exits: ({ step }) => [`retry ${step}`],
    });

  test('says how long it takes, what each step waits for, and what went wrong last', () => {
    const throttled = { code: 'Throttled', message: 'rate exceeded', at: STARTED };
    const since = '2026-11-21T12:00:58.000Z';
    const lines = render(
      aView([
        aStep('preflight', { state: 'done' }),
        aStep('network', {
          state: 'waiting',
          attempt: 3,
          since,
          expectedMs: 120_000,
          waitingFor: 'another try of ensureVpc',
          lastError: throttled,
        }),
        QUEUE,
      ]),
    );
    expect(lines).toEqual([
      `<bold>${ID}</> launching for 1:05`,
      '  <green>✔</> preflight',
      expect.stringMatching(
        /^ {2}<cyan>[^·✔]<\/> network {4}waiting, 0:07 of 2:00, attempt 3: another try of ensureVpc \(Throttled: rate exceeded\)$/,
      ),
      '  · job-queue',
    ]);
  });

  test('only what is under way moves', () => {
    const view = aView([aStep('preflight', { state: 'done' }), aStep('network', { state: 'running' }), QUEUE, PUBLISH]);
    const frames = [0, 100, 200].map((ms) =>
      renderBoard(view as never, { columns: 80, now: NOW + ms, paint: (_, text) => text, exits: () => [] }),
    );
    const moving = frames[0]?.map((_, line) => new Set(frames.map((frame) => frame[line])).size > 1);
    expect(moving).toEqual([false, false, true, false, false]);
  });

  test('marks what is stuck, and says what can be done about it', () => {
    const stuck = {
      step: 'network',
      since: STARTED,
      code: 'Throttled',
      reason: 'r',
      hint: 'retry asks AWS again',
      exits: [],
    };
    const lines = render(aView([aStep('network', { state: 'waiting', since: STARTED }), QUEUE], { stuck }));
    expect(lines[1]).toMatch(/<yellow>network {4}waiting, 1:05, STUCK<\/>$/);
    expect(lines.slice(-2)).toEqual([
      '<yellow>stuck: network takes longer than expected: retry asks AWS again</>',
      '  retry network',
    ]);
  });

  test('the step by which it failed stays red while all is taken back; what belongs to no step is told below', () => {
    const steps = [aStep('network', { state: 'undoing', since: STARTED }), aStep('job-queue', { state: 'undone' })];
    const error = { code: 'Denied', detail: 'job-queue: no', step: 'job-queue' };
    expect(render(aView(steps, { error })).slice(1)).toEqual([
      '  <yellow>↩</> <yellow>network    undoing, 1:05</>',
      '  <red>✖</> <red>job-queue  failed, undone: Denied: no</>',
    ]);
    const lost = { code: 'Unknown', detail: 'it was lost', step: null };
    expect(render(aView(steps, { error: lost })).at(-1)).toBe('<red>Unknown: it was lost</>');
  });

  test('a line that does not fit is cut, so that it stays one; times that can’t be are none', () => {
    const since = '2026-11-21T13:00:00.000Z';
    const [, line = ''] = render(
      aView([aStep('network', { state: 'running', since, waitingFor: 'x'.repeat(200) })]),
      60,
    );
    expect(line.replace(/<.*?>/g, '')).toHaveLength(60);
    expect(line).toContain('running, 0:00: xxx');
  });
});
