/** A workspace with each way out, and with another one than before. */
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { EGRESS_DEFAULT, type Egress, type EgressSettings } from '#domain/workspace/egress.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { failureOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

/** The launch again, with this way out. */
const withEgress = (
  request: LaunchInput,
  egress: Egress,
  more: Partial<EgressSettings> = {},
  run = request.launchId,
): LaunchInput => {
  const { workspace } = request;
  const network = { ...EGRESS_DEFAULT, egress, ...more };
  return { ...request, launchId: run, workspace: { ...workspace, settings: { ...workspace.settings, network } } };
};

const prepare = async (t: TestContext, egress: Egress, more: Partial<EgressSettings> = {}) => {
  const tenant = await eyrie.tenant(t);
  const before = await tenant.inventory();
  const request = withEgress(tenant.input(), egress, more);
  return { tenant, before, request };
};

const record = async ({ control }: Tenant, { workspace }: LaunchInput) =>
  (await control.records(WORKSPACE_RECORDS).read(workspaceSubject(workspace)))?.record;

/** What tells the ways apart: instances, gateways, addresses, endpoints by service. */
const waysOf = async ({ inventory }: Tenant): Promise<string[]> => {
  const there = await inventory();
  const kinds = ['AWS::EC2::Instance', 'AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::InternetGateway'];
  const things = there.filter(({ type }) => kinds.includes(type)).map(({ type }) => type.replace('AWS::EC2::', ''));
  const endpoints = there
    .filter(({ type }) => type === 'AWS::EC2::VPCEndpoint')
    .map(({ details }) => String(details.serviceName).replace('com.amazonaws.us-east-1.', ''));
  return [...things, ...endpoints].toSorted();
};

/** The default routes of the tables that have the job subnets. */
const jobRoute = async ({ inventory }: Tenant) => {
  const tables = (await inventory()).filter(
    ({ type, name }) => type === 'AWS::EC2::RouteTable' && /-nf-rt-/.test(name ?? ''),
  );
  const routes = tables.flatMap(({ details }) => details.routes as Record<string, string>[]);
  return routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
};

const PROXY = ['Instance', 'InternetGateway', 's3'];
const NAT = ['EIP', 'InternetGateway', 'NatGateway', 's3'];
const NONE = ['ecr.api', 'ecr.dkr', 'ecs', 'ecs-agent', 'ecs-telemetry', 'logs', 's3'];

const WAYS: readonly (readonly [Egress, string, readonly string[], string | undefined])[] = [
  ['proxy', 'squid', PROXY, 'InstanceId'],
  ['nat', 'nat-gateway', NAT, 'NatGatewayId'],
  ['none', 'service-endpoints', NONE, undefined],
];
const STEPS = WAYS.map(([, step]) => step);

test.concurrent.for(WAYS)(
  '%s: launched, it has that way only; disposed of, nothing is left',
  async ([egress, step, things, target], t) => {
    const { tenant, before, request } = await prepare(t as TestContext, egress);
    await (await tenant.launch(request)).result();
    expect(await waysOf(tenant)).toEqual(things.toSorted());
    const route = await jobRoute(tenant);
    expect(target === undefined ? route : route?.[target]).toEqual(
      target === undefined ? undefined : expect.any(String),
    );
    const { steps = [] } = (await record(tenant, request)) ?? {};
    const taken = steps.filter(({ name }) => STEPS.includes(name)).map(({ name, state }) => `${name} ${state}`);
    expect(taken).toEqual([`${step} done`]);

    expect(await (await tenant.terminate(request, 'dispose')).result()).toEqual({ mode: 'dispose', residue: [] });
    const shared = ['AWS::IAM::InstanceProfile', 'AWS::KMS::Key', 'AWS::KMS::Alias', 'AWS::S3::Bucket'];
    const after = (await tenant.inventory()).filter(
      ({ type, name }) => !shared.includes(type) && !name?.endsWith('ecsInstanceRole'),
    );
    expect(after).toEqual(before);
  },
);

const PARKED: readonly (readonly [Egress, EgressSettings['keptWhenParked'], readonly string[]])[] = [
  ['nat', 'nothing', ['InternetGateway', 's3']],
  ['nat', 'address', ['EIP', 'InternetGateway', 's3']],
  ['none', 'all', NONE],
];

test.concurrent.for(PARKED)(
  '%s, parked with %s kept, has what it is to have, and is whole again after a launch',
  async ([egress, keptWhenParked, things], t) => {
    const { tenant, request } = await prepare(t as TestContext, egress, { keptWhenParked });
    await (await tenant.launch(request)).result();
    const whole = await waysOf(tenant);
    await (await tenant.terminate(request, 'park')).result();
    expect(await waysOf(tenant)).toEqual(things.toSorted());
    const listed = (await record(tenant, request))?.resources ?? [];
    expect(listed.some(({ type }) => type === 'AWS::EC2::NatGateway')).toBe(things.includes('NatGateway'));
    expect(listed.some(({ type }) => type === 'AWS::EC2::EIP')).toBe(things.includes('EIP'));
    await (await tenant.launch(withEgress(request, egress, { keptWhenParked }, 'again'))).result();
    expect(await waysOf(tenant)).toEqual(whole);
  },
);

test.concurrent.for<[Egress, Egress, readonly string[]]>([
  ['proxy', 'nat', NAT],
  ['nat', 'none', ['InternetGateway', ...NONE]],
])('from %s to %s: the new way is there, and the old one gone', async ([from, to, things], t) => {
  const { tenant, request } = await prepare(t as TestContext, from);
  await (await tenant.launch(request)).result();
  const change = withEgress(request, to, {}, 'changed');
  await (await tenant.launch(change)).result();
  expect(await waysOf(tenant)).toEqual(things.toSorted());
  const now = await record(tenant, change);
  expect(now?.steps.map(({ name }) => name)).toContain('former-egress');
  const [, old = ''] = WAYS.find(([egress]) => egress === from) ?? [];
  expect(now?.resources.some(({ step }) => step === old)).toBe(false);
});

test.concurrent('a change that fails puts the route back, and the old way was never gone', async (t) => {
  const { tenant, request } = await prepare(t, 'proxy');
  await (await tenant.launch(request)).result();
  const [things, route] = [await waysOf(tenant), await jobRoute(tenant)];
  expect(route?.InstanceId).toMatch(/^i-/);
  await tenant.account.faults({ service: 'iam', operation: 'CreateAccessKey', fault: 'denied', times: -1 });
  const change = withEgress(request, 'nat', {}, 'changed');
  await failureOf(await tenant.launch(change));
  expect((await tenant.account.journal()).map(({ operation }) => operation)).toContain('CreateNatGateway');
  expect(await waysOf(tenant)).toEqual(things);
  expect(await jobRoute(tenant)).toEqual(route);
});
