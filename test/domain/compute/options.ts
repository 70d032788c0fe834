/** Bodies of compute environments as users may write them: each option from its form, within what fits together or not. */
import fc from 'fast-check';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const flag = maybe(fc.boolean());
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const role = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/).map((name) => `arn:aws:iam::123456789012:role/${name}`);
const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/);
const url = fc
  .tuple(bucket, fc.constantFrom('', '/', '/a', '/a/b', '/a-b_c.d/e'))
  .map(([name, path]) => `s3://${name}${path}`);
const types = fc.array(fc.constantFrom('m6i', 'm6id', 'c6i.large', 'optimal', 'g5', 'm6g'), { maxLength: 3 });
const strategy = fc.constantFrom(
  ...['BEST_FIT', 'BEST_FIT_PROGRESSIVE', 'SPOT_CAPACITY_OPTIMIZED', 'SPOT_PRICE_CAPACITY_OPTIMIZED'],
);
const provisioning = fc.constantFrom('SPOT', 'EC2');
const kmsKey = fc.constant('11111111-2222-3333-4444-555555555555');

const forge = fc.record(
  {
    type: provisioning,
    maxCpus: fc.integer({ min: 1, max: 5000 }),
    minCpus: maybe(fc.integer({ min: 0, max: 20 })),
    gpuEnabled: flag,
    instanceTypes: maybe(types),
    allocStrategy: maybe(strategy),
    bidPercentage: maybe(fc.integer({ min: 0, max: 100 })),
    imageId: maybe(hex(17).map((id) => `ami-${id}`)),
    ec2KeyPair: maybe(fc.constant('my key')),
    subnets: maybe(
      fc.array(
        hex(17).map((id) => `subnet-${id}`),
        { maxLength: 3 },
      ),
    ),
    securityGroups: maybe(
      fc.array(
        hex(17).map((id) => `sg-${id}`),
        { maxLength: 3 },
      ),
    ),
    ebsBootSize: maybe(fc.integer({ min: 8, max: 16_384 })),
    ebsAutoScale: flag,
    ebsBlockSize: maybe(fc.integer({ min: 8, max: 500 })),
    allowBuckets: maybe(fc.array(url, { maxLength: 5 })),
    disposeOnDeletion: flag,
    fargateHeadEnabled: flag,
    arm64Enabled: flag,
    efsCreate: flag,
    efsId: maybe(hex(17).map((id) => `fs-${id}`)),
    efsMount: maybe(fc.constantFrom('/mnt/efs', '/data', '/usr/x')),
    fsxSize: maybe(fc.constantFrom(1200, 2400, 4800)),
    fsxName: maybe(fc.constant('fs-01234567.fsx.us-east-1.amazonaws.com')),
    fsxMount: maybe(fc.constantFrom('/mnt/fsx', '/data')),
    ecsConfig: maybe(fc.constantFrom('A=1', "A='x'\n# y\nB=2", '')),
    dragenEnabled: flag,
    dragenAmiId: maybe(hex(17).map((id) => `ami-${id}`)),
    dragenInstanceType: maybe(fc.constantFrom('f2.6xlarge', 'f1.2xlarge')),
  },
  { noNullPrototype: true },
);

const pool = fc.record({
  name: fc.constantFrom('gpu', 'big', 'work', 'long-name-xy'),
  label: fc.constantFrom('gpu', 'big_mem', 'dragen'),
  type: provisioning,
  maxCpus: fc.integer({ min: 1, max: 100 }),
  minCpus: maybe(fc.integer({ min: 0, max: 5 })),
  instanceTypes: maybe(types),
  allocStrategy: maybe(strategy),
  bidPercentage: maybe(fc.integer({ min: 0, max: 100 })),
  gpuEnabled: flag,
  arm64Enabled: flag,
});

const eyrie = fc.record({
  pools: maybe(fc.array(pool, { maxLength: 3 })),
  fairShare: maybe(fc.constantFrom({}, { shares: [{ identifier: 'a' }, { identifier: 'b*', weight: 2 }] })),
  shared: flag,
  serviceRole: flag,
  rolePath: maybe(fc.constantFrom('/', '/lab/forge/')),
  permissionsBoundary: maybe(fc.constant('arn:aws:iam::123456789012:policy/bound')),
  kmsKeyId: maybe(kmsKey),
  logRetentionDays: maybe(fc.constantFrom(null, 30)),
  canary: flag,
  unschedulableSeconds: maybe(fc.constantFrom(null, 600)),
  dataGuard: maybe(fc.constantFrom('retain', 'snapshot', 'delete')),
});

const config = fc.record({
  region: fc.constantFrom('us-east-1', 'us-gov-west-1', 'cn-north-1'),
  workDir: fc.oneof(
    { weight: 4, arbitrary: url },
    { weight: 1, arbitrary: fc.constantFrom('/mnt/efs/w', '/data', '/x') },
  ),
  waveEnabled: flag,
  fusion2Enabled: flag,
  nvnmeStorageEnabled: flag,
  fusionSnapshots: flag,
  executionRole: maybe(role),
  headJobRole: maybe(role),
  computeJobRole: maybe(role),
  headJobCpus: maybe(fc.constantFrom(1, 2, 3, 16, 64)),
  headJobMemoryMb: maybe(fc.constantFrom(2048, 4096, 5000)),
  cliPath: maybe(fc.constant('/opt/cli/bin/aws')),
  logGroup: maybe(fc.constant('/lab/jobs')),
  secretsKmsKeyId: maybe(kmsKey),
  environment: maybe(fc.constant([{ name: 'A', value: 'x', head: true }])),
});

/** What is undefined is left out. */
const dense = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Of the form of each option alone nothing is wrong. */
export const bodies: fc.Arbitrary<Record<string, unknown>> = fc
  .record({ config, forge, eyrie: maybe(eyrie) })
  .map(
    (parts) =>
      dense({ name: 'x', config: { ...parts.config, forge: parts.forge, eyrie: parts.eyrie } }) as Record<
        string,
        unknown
      >,
  );

/** As before, with what is wrong of it left out: options one after the other, so that few are lost. */
export const withoutProblems = (
  body: Record<string, unknown>,
  problemsOf: (body: unknown) => readonly { readonly path: string }[],
): Record<string, unknown> => {
  const [first] = problemsOf(body);
  if (first === undefined) return body;
  return withoutProblems(without(body, first.path.split('.')), problemsOf);
};

const without = (value: Record<string, unknown>, path: readonly string[]): Record<string, unknown> => {
  const [name = '', ...rest] = path;
  const copy = structuredClone(value);
  const inner = copy[name];
  if (rest.length === 0 || Array.isArray(inner)) {
    // A path into a list takes the list along; what is required gets a value that always fits.
    if (name === 'workDir') copy[name] = 's3://lab';
    else delete copy[name];
  } else copy[name] = without(inner as Record<string, unknown>, rest);
  return copy;
};
