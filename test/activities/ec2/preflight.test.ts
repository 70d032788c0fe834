import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, type TestContext, test } from 'vitest';
import { factsOf } from '#domain/core/failures.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';
import { preflightActivities } from '../../../src/activities/preflight.ts';
import { attempt, complete } from '../../control/rig.ts';
import { sandboxAccount } from '../../support/sandbox.ts';
import { createWorld, IMAGE } from './world.ts';

const PIPELINE = 'arn:aws:imagebuilder:us-east-1:111122223333:image-pipeline/nextflow-fips';
const POINTER = '/nextflow/instance-ami-builder-arn';
const ARM = 'ami-0aaaaaaaaaaaaaaaa';
const UNKNOWN = 'ami-0dddddddddddddddd';
const BUILT = 'ami-0bbbbbbbbbbbbbbbb';

const prepare = async (t: TestContext) => {
  const world = await createWorld(t);
  const activities = preflightActivities(world.deps);
  const spec = (changes: Partial<PreflightSpec> = {}): PreflightSpec => ({ ...world.plan.preflight, ...changes });
  const network = (changes?: Partial<PreflightSpec>) => attempt(activities.preflightNetwork, [spec(changes)]);
  const images = (changes?: Partial<PreflightSpec>) => attempt(activities.preflightImages, [spec(changes)]);
  const imagesAtLast = (changes?: Partial<PreflightSpec>) => complete(activities.preflightImages, spec(changes));
  return { ...world, network, images, imagesAtLast };
};

/** An account with a pipeline, and the role there that may list its images. */
const preparePipeline = async (t: TestContext, home: string) => {
  const owner = await sandboxAccount(t);
  const pipeline = PIPELINE.replace('111122223333', owner.id);
  const iam = new IAMClient(owner.client);
  const allow = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const trust = allow({ Principal: { AWS: `arn:aws:iam::${home}:root` }, Action: 'sts:AssumeRole' });
  const created = new CreateRoleCommand({ RoleName: 'nextflow-imagebuilder-reader', AssumeRolePolicyDocument: trust });
  const { Role } = await iam.send(created);
  const PolicyDocument = allow({ Action: 'imagebuilder:ListImagePipelineImages', Resource: pipeline });
  await iam.send(new PutRolePolicyCommand({ RoleName: Role?.RoleName, PolicyName: 'list', PolicyDocument }));
  const imageReader = { accountId: owner.id, region: 'us-east-1', roleArn: Role?.Arn ?? '', externalId: null };
  return {
    pipeline,
    wanted: { imageId: null, imagePipelineArn: pipeline, imageReader },
    seed: (images: object[]) => owner.seed('POST images', { pipelines: [{ arn: pipeline, images }] }),
  };
};

/** Pointer and words of each problem. */
const problemsOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => expect.fail('this was expected to be refused'),
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ type: 'Invalid', nonRetryable: true });
  return (factsOf(error).problems ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`);
};

test('subnets are spread over the zones that offer the type', async (t) => {
  const { network } = await prepare(t);
  const { jobZones, squidZone } = await network({ instanceTypes: ['c5.large'] });
  expect(new Set(jobZones).size).toBe(3);
  expect(jobZones).toContain(squidZone);
});

test('fewer zones are used in turn', async (t) => {
  const { network } = await prepare(t);
  const { jobZones } = await network({ instanceTypes: ['c5.large'], subnetCount: 20 });
  const zones = new Set(jobZones);
  expect(jobZones).toHaveLength(20);
  expect(jobZones.slice(zones.size)).toEqual(jobZones.slice(0, 20 - zones.size));
});

test('a family and "optimal" are known, though no offering has such a name', async (t) => {
  const { network } = await prepare(t);
  expect((await network({ instanceTypes: ['c5'] })).jobZones[0]).toMatch(/^us-east-1[a-f]$/);
  expect(new Set((await network({ instanceTypes: ['optimal'] })).jobZones).size).toBe(3);
});

const STANDARD = 'L-1216C47A';
const STANDARD_SPOT = 'L-34B43A08';
const P = 'L-417A185B';

test.for<[string, Partial<PreflightSpec>, Record<string, number>, string[]]>([
  [
    'a P instance where none may run',
    { instanceTypes: ['p5.4xlarge'] },
    { [P]: 0 },
    ['p5.4xlarge needs 16 vCPUs, and the account may run 0 more', P],
  ],
  [
    'a family of which the smallest is too big',
    { instanceTypes: ['p5'] },
    { [P]: 15 },
    ['p5 needs 16 vCPUs', '15 more'],
  ],
  ['what the proxy leaves', { instanceTypes: ['c5.large'] }, { [STANDARD]: 3 }, ['c5.large needs 2 vCPUs', '1 more']],
  [
    'words that let Batch choose',
    { instanceTypes: ['optimal'] },
    { [STANDARD]: 2 },
    ['optimal needs 2 vCPUs', '0 more'],
  ],
  [
    'Spot by its own quota',
    { provisioning: 'SPOT' },
    { [STANDARD_SPOT]: 1 },
    ['c5.large needs 2 vCPUs', STANDARD_SPOT],
  ],
  [
    'a minimum that can not be kept',
    { minvCpus: 8, maxvCpus: 9 },
    { [STANDARD]: 8 },
    ['8 vCPUs', 'may run 6 beside the proxy'],
  ],
  [
    'the proxy itself',
    { provisioning: 'SPOT' },
    { [STANDARD]: 1 },
    ['/settings/squid/instanceType', 't3.micro needs 2'],
  ],
])('%s is refused with the numbers', async ([_what, changes, vcpus, words], t) => {
  const { network, account } = await prepare(t);
  // Control: without the quota it passes.
  await network(changes);
  await account.worlds({ vcpus });
  const problems = await problemsOf(network(changes));
  expect(problems).toHaveLength(1);
  for (const word of words) expect(problems[0]).toContain(word);
  expect(problems[0]).toContain('Service Quotas');
});

test('where one of several types may run, or the quota can not be read, or only the maximum is out of reach, it passes', async (t) => {
  const { network, account } = await prepare(t);
  await account.worlds({ vcpus: { [P]: 0, [STANDARD]: 4 } });
  await network({ instanceTypes: ['p5.4xlarge', 'c5.large'], maxvCpus: 1_000 });
  await expect(network({ instanceTypes: ['p5.4xlarge'] })).rejects.toMatchObject({ type: 'Invalid' });
  await account.faults({ service: 'servicequotas', operation: 'GetServiceQuota', times: -1, fault: 'denied' });
  await network({ instanceTypes: ['p5.4xlarge'] });
});

test('what is not offered is refused, everything at once', async (t) => {
  const { network } = await prepare(t);
  expect(
    await problemsOf(network({ instanceTypes: ['c5.large', 'x9.huge', 'zz'], squidInstanceType: 't9.nano' })),
  ).toEqual([
    '/nextflow/instance-type: instance type x9.huge is not offered in us-east-1',
    '/nextflow/instance-type: instance type zz is not offered in us-east-1',
    '/settings/squid/instanceType: instance type t9.nano is not offered in us-east-1',
  ]);
});

test('credentials of another account are refused', async (t) => {
  const { network, plan } = await prepare(t);
  const account = { ...plan.preflight.account, accountId: '999999999999' };
  const [problem] = await problemsOf(network({ account }));
  expect(problem).toMatch(/^\/payModel\/account_id: the credentials are those of account \d{12}, not 999999999999$/);
});

test("the environment's bucket in another region, or another account, is refused", async (t) => {
  const { network, account, plan } = await prepare(t);
  const s3 = new S3Client({ ...account.client, region: 'eu-west-1' });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' as const };
  await s3.send(new CreateBucketCommand({ Bucket: plan.preflight.bucket, CreateBucketConfiguration }));
  expect((await problemsOf(network()))[0]).toContain('/payModel/region: bucket');

  const other = await sandboxAccount(t);
  const taken = `taken-${other.id}`;
  await new S3Client(other.client).send(new CreateBucketCommand({ Bucket: taken }));
  expect((await problemsOf(network({ bucket: taken })))[0]).toContain('belongs to another account');
  // Control: a bucket that does not exist yet is fine.
  expect((await network({ bucket: `free-${other.id}` })).jobZones).toHaveLength(3);
});

test('a fixed image wins, and the proxy gets the one of the parameter', async (t) => {
  const { images } = await prepare(t);
  const found = await images({ imageId: IMAGE, imagePipelineArn: PIPELINE });
  expect(found).toMatchObject({ imageId: IMAGE, imageFamily: 'AL2023' });
  expect(found.squidImageId).toMatch(/^ami-/);
});

test('the newest finished image of the pipeline with an AMI here is taken, on whatever page it stands', async (t) => {
  const { images, account } = await prepare(t);
  const { wanted, seed } = await preparePipeline(t, account.id);
  await account.seed('POST images', { images: [{ id: BUILT, name: 'amzn2-nextflow', architecture: 'x86_64' }] });
  const here = (image: string) => [
    { region: 'eu-west-1', image: 'ami-0eeeeeeeeeeeeeeee' },
    { region: 'us-east-1', image },
  ];
  const many = Array.from({ length: 60 }, (_, index) => ({
    state: 'AVAILABLE',
    dateCreated: `2025-01-01T00:00:${String(index).padStart(2, '0')}Z`,
    amis: here('ami-0cccccccccccccccc'),
  }));
  const built = [
    { state: 'BUILDING', dateCreated: '2026-03-01T00:00:00Z', amis: [] },
    { state: 'FAILED', dateCreated: '2026-02-03T00:00:00Z', amis: [] },
    {
      state: 'AVAILABLE',
      dateCreated: '2026-02-02T00:00:00Z',
      amis: [{ region: 'eu-west-1', image: 'ami-0eeeeeeeeeeeeeeee' }],
    },
    ...many,
    { state: 'AVAILABLE', dateCreated: '2026-02-01T00:00:00Z', amis: here(BUILT) },
  ];
  await seed(built);
  const found = await images(wanted);
  expect(found).toMatchObject({ imageId: BUILT, imageFamily: 'AL2' });
});

test('a pipeline that gives nothing is told apart, never a crash', async (t) => {
  const { images, account } = await prepare(t);
  const { pipeline, wanted, seed } = await preparePipeline(t, account.id);
  const built = (amis: object[]) => seed([{ state: 'AVAILABLE', dateCreated: '2026-01-01T00:00:00Z', amis }]);
  expect(await problemsOf(images(wanted))).toEqual([`${POINTER}: there is no image pipeline ${pipeline}`]);
  await seed([]);
  expect(await problemsOf(images(wanted))).toEqual([
    `${POINTER}: pipeline ${pipeline} has no image that is AVAILABLE (of 0)`,
  ]);
  await built([]);
  expect(await problemsOf(images(wanted))).toEqual([
    `${POINTER}: no image of pipeline ${pipeline} has an AMI in us-east-1`,
  ]);
  await built([{ region: 'us-east-1', image: UNKNOWN }]);
  expect((await problemsOf(images(wanted)))[0]).toContain(`${POINTER}: image ${UNKNOWN} does not exist`);
});

test('a reader role that does not let in is waited for while it may be new, and then told as such', async (t) => {
  const { images, imagesAtLast } = await prepare(t);
  const { wanted } = await preparePipeline(t, '999999999999');
  await expect(images(wanted)).rejects.toMatchObject({ type: 'NotYet' });
  await expect(imagesAtLast(wanted)).rejects.toMatchObject({
    type: 'Denied',
    message: expect.stringContaining('sts:AssumeRole'),
  });
});

test('neither an image nor a pipeline, a pipeline without its reader, an image of another kind: all refused', async (t) => {
  const { images, account } = await prepare(t);
  expect(await problemsOf(images({ imageId: null, squidImage: 'ssm:/no/such/parameter' }))).toEqual([
    '/nextflow/instance-ami: either instance-ami or instance-ami-builder-arn must be set',
    '/settings/squid/image: there is no parameter /no/such/parameter in us-east-1',
  ]);
  expect((await problemsOf(images({ imageId: null, imagePipelineArn: PIPELINE })))[0]).toContain(
    '/nextflowGlobal/imagebuilder-reader-role-arn',
  );
  await account.seed('POST images', { images: [{ id: ARM, name: 'arm', architecture: 'arm64' }] });
  expect(await problemsOf(images({ imageId: ARM, instanceTypes: ['c5.large', 'm6g.large', 'optimal', 'c5'] }))).toEqual(
    [
      `/nextflow/instance-type: image ${ARM} is built for arm64, instance type c5.large for x86_64`,
      `/nextflow/instance-type: image ${ARM} is built for arm64, instance type optimal for x86_64`,
      `/nextflow/instance-type: image ${ARM} is built for arm64, instance type c5 for x86_64`,
    ],
  );
  expect((await problemsOf(images({ imageId: 'ami-nonsense' })))[0]).toContain(
    '/nextflow/instance-ami: image ami-nonsense',
  );
});

test("the newest of Amazon's images of a name serves the proxy", async (t) => {
  const { images } = await prepare(t);
  expect((await images({ squidImage: 'name:amzn2-ami-ecs-hvm-2.0.*' })).squidImageId).toMatch(/^ami-/);
  expect((await problemsOf(images({ squidImage: 'name:no-such-image-*' })))[0]).toContain('Amazon has no image');
  expect((await problemsOf(images({ squidImage: 'ami-123' })))[0]).toContain('must begin with ssm: or name:');
});
