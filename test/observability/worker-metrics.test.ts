import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import type { Context } from '@temporalio/activity';
import { expect, onTestFinished, test } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { fail } from '#domain/core/failures.ts';
import { stepLabel } from '#domain/core/step-label.ts';
import { createMetrics } from '#observability/metrics.ts';
import { openWorkerDoor } from '#observability/worker-door.ts';
import { createWorkerMetrics } from '#observability/worker-metrics.ts';
import { countingInterceptor } from '#temporal/counting-interceptor.ts';
import { sandboxAccount } from '../support/sandbox.ts';

const open = async (parts: Partial<Parameters<typeof openWorkerDoor>[1]> = {}) => {
  const metrics = createWorkerMetrics();
  const door = await openWorkerDoor(
    { metricsHost: '127.0.0.1', metricsPort: 0 },
    { metrics, scrape: undefined, isPolling: () => true, ...parts },
  );
  if (!door) throw new Error('nothing was opened');
  onTestFinished(() => door.close());
  return { metrics, get: async (path: string) => fetch(`${door.url}${path}`) };
};

test('each call to AWS counts with what became of it', async (t) => {
  const account = await sandboxAccount(t);
  const { metrics, get } = await open();
  const { endpoint, credentials, region } = account.client;
  const aws = createAws({ endpoint, credentials: async () => credentials, onCall: metrics.awsCall });
  const ec2 = aws.ec2({ accountId: account.id, region, roleArn: null, externalId: null });
  await ec2.send(new DescribeVpcsCommand({}));
  await ec2.send(new CreateVpcCommand({ CidrBlock: 'no range' })).catch(() => undefined);
  const text = await (await get('/metrics')).text();
  expect(text).toContain('eyrie_aws_calls_total{service="ec2",operation="DescribeVpcs",outcome="ok"} 1');
  expect(text).toContain('eyrie_aws_calls_total{service="ec2",operation="CreateVpc",outcome="Invalid"} 1');
  expect(text).toContain('eyrie_aws_call_duration_seconds_count{service="ec2"} 2');
});

test('a failed attempt counts by activity and code, and fails all the same', async () => {
  const { metrics, get } = await open();
  const context = { info: { activityType: 'ensureVpc' } } as Context;
  const next = async () => {
    throw fail('Throttled', 'slow down');
  };
  const { execute } = countingInterceptor(context, metrics);
  await expect(execute?.({} as never, next)).rejects.toMatchObject({ type: 'Throttled' });
  expect(await (await get('/metrics')).text()).toContain(
    'eyrie_activity_failures_total{activity="ensureVpc",code="Throttled"} 1',
  );
});

test('readiness is whether it polls; what is not there is 404; without a port nothing is served', async () => {
  let polls = false;
  const { metrics, get } = await open({ isPolling: () => polls });
  expect((await get('/health/live')).status).toBe(200);
  expect((await get('/health/ready')).status).toBe(503);
  polls = true;
  expect((await get('/health/ready')).status).toBe(200);
  expect((await get('/')).status).toBe(404);
  const closed = { metricsHost: '127.0.0.1', metricsPort: undefined };
  expect(await openWorkerDoor(closed, { metrics, scrape: undefined, isPolling: () => true })).toBeUndefined();
});

test('where Temporal’s own numbers can’t be had, the worker’s are told all the same', async () => {
  const { get } = await open({ scrape: 1 });
  const answer = await get('/metrics');
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('process_cpu_seconds_total');
});

test('operations count by kind and phase, those that are stuck by step and by what they heard; what is over is gone', async () => {
  const metrics = createMetrics({ processMetrics: false });
  const one = { kind: 'workspace', phase: 'launching', step: 'network', code: '', stuckSince: null };
  const late = { ...one, kind: 'compute-environment', step: 'canary-mine', code: 'Throttled', stuckSince: new Date() };
  metrics.operations([one, one, late]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('eyrie_operations_running{kind="workspace",phase="launching"} 2');
  expect(text).toContain('eyrie_operations_stuck{kind="compute-environment",step="canary",code="Throttled"} 1');
  metrics.operations([]);
  expect(await metrics.registry.metrics()).not.toContain('workspace');
});

test('records count by phase, and the keys that they hand out by their age', async () => {
  const metrics = createMetrics({ processMetrics: false });
  const now = Date.parse('2026-06-01T00:00:00Z');
  const keysMade = ['2026-05-31T12:00:00Z', '2026-05-20T00:00:00Z', '2025-01-01T00:00:00Z'];
  metrics.subjects([{ kind: 'key-holder', phase: 'ready', keysMade, isUnhealthy: false }], now);
  const text = await metrics.registry.metrics();
  expect(text).toContain('eyrie_subjects{kind="key-holder",phase="ready"} 1');
  for (const age of ['1d', '30d', 'older']) expect(text).toContain(`eyrie_keys{kind="key-holder",age="${age}"} 1`);
  expect(text).toContain('eyrie_subjects_unhealthy{kind="key-holder"} 0');
  metrics.subjects([{ kind: 'workspace', phase: 'running', keysMade: [], isUnhealthy: true }], now);
  expect(await metrics.registry.metrics()).toContain('eyrie_subjects_unhealthy{kind="workspace"} 1');
  metrics.subjects([], now);
  expect(await metrics.registry.metrics()).not.toContain('key-holder');
});

test('the places of the account that has the fewest left are told, by no account', async () => {
  const { registry, slotsCounted } = createWorkerMetrics();
  const at = (vpc: number) => ({
    queue: { used: 1, limit: 50 },
    computeEnvironment: { used: 1, limit: 50 },
    vpc: { used: vpc, limit: 5 },
  });
  slotsCounted('111122223333', at(4));
  slotsCounted('444455556666', at(2));
  const text = await registry.metrics();
  expect(text).toContain('eyrie_slots_used{slot="vpc"} 4');
  expect(text).toContain('eyrie_slots_limit{slot="vpc"} 5');
  expect(text).not.toMatch(/111122223333|444455556666/);
  slotsCounted('111122223333', at(0));
  expect(await registry.metrics()).toContain('eyrie_slots_used{slot="vpc"} 2');
});

test('what users name is no label', () => {
  expect(['network', 'job-queue', 'job-queue-mine', 'canary-work'].map(stepLabel)).toEqual([
    ...['network', 'job-queue', 'job-queue', 'canary'],
  ]);
});
