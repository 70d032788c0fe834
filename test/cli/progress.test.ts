import { expect, test } from 'vitest';
import { renderStep, showPlain } from '#cli/progress/plain.ts';
import { COMPUTE } from '#cli/render-compute.ts';
import { STORAGE } from '#cli/render-storage.ts';
import { exitsOf, renderError } from '#cli/render-subject.ts';
import { WORKSPACE } from '#cli/render-workspace.ts';
import type { StepView } from '#domain/core/operation.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';

const aStep = (name: string, changes: Partial<StepView> = {}): StepView => ({
  name,
  state: 'pending',
  attempt: 0,
  since: '2026-11-21T12:00:00.000Z',
  expectedMs: 120_000,
  waitingFor: null,
  lastError: null,
  ...changes,
});

const OPERATION = { type: 'launchWorkspace' };

const aView = (steps: StepView[], changes: object = {}) =>
  ({
    id: 'localhost.alice',
    phase: 'launching',
    operation: OPERATION,
    stuck: null,
    steps,
    ...changes,
  }) as unknown as WorkspaceView;

const exits = (id: string, { step }: { readonly step: string }) => [`eyrie retry ${id} --step ${step}`];

/** A second later at each look. */
const aClock = () => {
  let at = Date.parse('2026-11-21T12:00:00.000Z');
  return () => {
    at += 1_000;
    return new Date(at);
  };
};

test('a line per change of a step, in the order of time, none while nothing changes', () => {
  const lines: string[] = [];
  const show = showPlain((line) => lines.push(line), exits, aClock());
  show(aView([aStep('network'), aStep('squid')]));
  show(aView([aStep('network', { state: 'running' }), aStep('squid')]));
  show(aView([aStep('network', { state: 'running', attempt: 2 }), aStep('squid')]));
  show(aView([aStep('network', { state: 'waiting', waitingFor: 'vpc-1 is pending' }), aStep('squid')]));
  show(aView([aStep('network', { state: 'done' }), aStep('squid')], { phase: 'running', operation: null }));
  expect(lines).toEqual([
    '12:00:01 localhost.alice launching',
    '12:00:02 network running',
    '12:00:03 network waiting: vpc-1 is pending',
    '12:00:04 network done',
    '12:00:05 localhost.alice running',
  ]);
});

test('a step that is stuck is told once, with what can be done', () => {
  const lines: string[] = [];
  const show = showPlain((line) => lines.push(line), exits, aClock());
  const stuck = { step: 'squid', since: '', code: null, reason: null, exits: [], hint: 'retry asks AWS again at once' };
  show(aView([aStep('squid', { state: 'running' })]));
  show(aView([aStep('squid', { state: 'running' })], { stuck }));
  const heard = { code: 'Throttled', reason: 'rate exceeded' } as const;
  show(aView([aStep('squid', { state: 'running' })], { stuck: { ...stuck, ...heard } }));
  expect(lines.slice(2)).toEqual([
    '12:00:03 squid takes longer than expected: retry asks AWS again at once\n         eyrie retry localhost.alice --step squid',
  ]);
});

test('where no worker answers, that is told, and not that a step takes long', () => {
  const lines: string[] = [];
  const show = showPlain((line) => lines.push(line), exits, aClock());
  const stuck = {
    step: 'start',
    since: '',
    code: null,
    reason: 'no worker answers',
    exits: [],
    hint: 'start a worker',
  };
  show(aView([aStep('start', { state: 'waiting', waitingFor: 'a worker' })], { stuck: { ...stuck, givesUpAt: null } }));
  expect(lines[1]).toBe('12:00:02 start waiting: a worker');
  expect(lines[2]).toMatch(/^12:00:03 start: no worker answers: start a worker/);
});

test('exits that the hint names already are not told twice, but each in a line', () => {
  const lines: string[] = [];
  const told = '`eyrie retry localhost.alice --step squid` asks again at once';
  const show = showPlain((line) => lines.push(line), exitsOf(WORKSPACE), aClock());
  const stuck = { step: 'squid', since: '', code: null, reason: null, exits: ['retry'], hint: `wait; ${told}` };
  show(aView([], { stuck }));
  expect(lines[1]?.split('\n')).toEqual(['12:00:02 squid takes longer than expected: wait', `         ${told}`]);
});

test('of what is stuck, the exits are told that the API gives, as commands of the kind', () => {
  const stuck = { ...{ step: 'network', since: '', code: null, reason: null, givesUpAt: null, hint: '' } } as const;
  expect(exitsOf(WORKSPACE)('h.alice', { ...stuck, exits: ['terminate'] })).toEqual([
    expect.stringMatching(/eyrie terminate h\.alice --mode dispose$/),
  ]);
  expect(exitsOf(STORAGE)('h.42', { ...stuck, exits: ['retry', 'terminate'] })).toEqual([
    expect.stringMatching(/eyrie storage retry h\.42 --step network$/),
    expect.stringMatching(/eyrie storage delete h\.42$/),
  ]);
  expect(exitsOf(COMPUTE)('h.abc', { ...stuck, exits: [] })).toEqual([]);
});

test('an error is told while it matters', () => {
  const lastError = { code: 'Throttled' as const, message: 'rate exceeded', at: '' };
  expect(renderStep(aStep('network', { state: 'waiting', lastError }))).toBe(
    'network waiting (Throttled: rate exceeded)',
  );
  expect(renderStep(aStep('network', { state: 'done', lastError }))).toBe('network done');
});

test('how an operation failed names the step once', () => {
  expect(renderError({ code: 'Denied', step: 'squid', detail: 'squid: ec2:RunInstances: no' })).toBe(
    'Denied at squid: ec2:RunInstances: no',
  );
  expect(renderError({ code: 'Unknown', step: null, detail: 'lost' })).toBe('Unknown: lost');
});
