import { expect, test } from 'vitest';
import { renderStep, showPlain } from '#cli/progress/plain.ts';
import type { StepView, WorkspaceView } from '#domain/workspace/view.ts';

const aStep = (name: string, changes: Partial<StepView> = {}): StepView => ({
  name,
  state: 'pending',
  attempt: 0,
  since: '2026-11-21T12:00:00.000Z',
  waitingFor: null,
  lastError: null,
  ...changes,
});

const aView = (steps: StepView[], phase: WorkspaceView['phase'] = 'launching') =>
  ({ id: 'localhost.alice', phase, steps, updatedAt: '2026-11-21T12:00:01.000Z' }) as unknown as WorkspaceView;

test('a line per change of a step, none while nothing changes', () => {
  const lines: string[] = [];
  const show = showPlain((line) => lines.push(line));
  show(aView([aStep('network'), aStep('squid')]));
  show(aView([aStep('network', { state: 'running' }), aStep('squid')]));
  show(aView([aStep('network', { state: 'running', attempt: 2 }), aStep('squid')]));
  show(aView([aStep('network', { state: 'waiting', waitingFor: 'vpc-1 is pending' }), aStep('squid')]));
  show(aView([aStep('network', { state: 'done' }), aStep('squid')], 'running'));
  expect(lines).toEqual([
    '12:00:01 localhost.alice launching',
    '12:00:00 network running',
    '12:00:00 network waiting: vpc-1 is pending',
    '12:00:01 localhost.alice running',
    '12:00:00 network done',
  ]);
});

test('an error is told while it matters', () => {
  const lastError = { code: 'Throttled' as const, message: 'rate exceeded', at: '' };
  expect(renderStep(aStep('network', { state: 'waiting', lastError }))).toBe(
    'network waiting (Throttled: rate exceeded)',
  );
  expect(renderStep(aStep('network', { state: 'done', lastError }))).toBe('network done');
});
