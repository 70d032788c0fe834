import type { Examples } from './examples.ts';
import { AT, documentOf, operation, QUOTA, STANDING_COST, stream } from './workspaces.ts';

export const FORGE_ID = 'k3v9q0x7m2c8b5n1z6d4';
const ID = `localhost.${FORGE_ID}`;

/** The least that a create needs. */
const LEAST = {
  name: 'genomes',
  platform: 'aws-batch',
  config: {
    region: 'us-east-1',
    workDir: 's3://genomes-scratch/work',
    forge: { type: 'SPOT', maxCpus: 64 },
  },
};

const MORE = {
  name: 'genomes-gpu',
  description: 'With a pool of GPU instances',
  platform: 'aws-batch',
  labels: [{ name: 'project', value: 'genomes' }],
  config: {
    region: 'us-east-1',
    workDir: 's3://genomes-scratch/work',
    environment: [{ name: 'NXF_OPTS', value: '-Xms1g -Xmx4g', head: true, compute: false }],
    forge: { type: 'SPOT', maxCpus: 256, instanceTypes: ['c6i', 'm6i'], allowBuckets: ['s3://reference-data'] },
    eyrie: {
      alias: 'genomes',
      pools: [{ name: 'gpu', label: 'gpu', type: 'EC2', instanceTypes: ['g5'], gpuEnabled: true, maxCpus: 64 }],
    },
  },
  onFailure: 'keep',
};

export const CREATES = { 'the least that it needs': LEAST, 'with a pool of GPUs': MORE } as const;

const name = (what: string): string => `TowerForge-${FORGE_ID}-${what}`;
const arn = (what: string): string => `arn:aws:batch:us-east-1:111122223333:${what}`;

const RESOURCE = {
  ...{ type: 'AWS::Batch::JobQueue', id: arn(`job-queue/${name('work')}`), name: name('work') },
  ...{ origin: 'created', step: 'job-queue-work' },
};

const OUTPUTS = {
  pools: [
    {
      ...{ name: 'work', label: null, imageId: 'ami-0123456789abcdef0' },
      queue: { name: name('work'), arn: arn(`job-queue/${name('work')}`) },
      environment: { name: name('work'), arn: arn(`compute-environment/${name('work')}`) },
    },
  ],
  headQueue: arn(`job-queue/${name('head')}`),
  computeQueue: arn(`job-queue/${name('work')}`),
  ...{ headJobRole: null, computeJobRole: null, executionRole: null },
  instanceProfile: `arn:aws:iam::111122223333:instance-profile/${name('InstanceRole')}`,
  logGroup: `/aws/batch/${name('work')}`,
  ...{ efsId: null, lustre: null, shareIdentifier: null },
};

const ITEM = {
  ...{ id: ID, forgeId: FORGE_ID, name: 'genomes', description: null, platform: 'aws-batch' },
  ...{ phase: 'available', status: 'AVAILABLE', message: null },
  ...{ environment: 'localhost', account: '111122223333', region: 'us-east-1', labels: {}, primary: true },
  config: LEAST.config,
  outputs: OUTPUTS,
  forgedResources: [{ BatchQueue: RESOURCE.id }],
  ...{ deletedResources: [], retained: [] },
  canaries: [{ queue: name('work'), state: 'succeeded', reason: null, at: AT }],
  ...{ lastValidated: AT, operation: null, resources: [RESOURCE], stuck: null, error: null, leftovers: [] },
  ...{ unwindingSince: null, interventions: [] },
  ...{ createdAt: AT, updatedAt: AT },
};

const STEPS = [
  {
    name: 'job-queue-work',
    state: 'done',
    attempt: 1,
    since: AT,
    waitingFor: null,
    lastError: null,
    expectedMs: 120_000,
  },
];

const AVAILABLE = { ...ITEM, steps: STEPS };

/** @param phase while an operation of this type is in progress */
const busy = (phase: string, status: string, type: string) => ({
  ...AVAILABLE,
  ...{ phase, status, primary: false },
  operation: { ...operation(type, 'operator:olga'), workflowId: `compute-environment/localhost/${FORGE_ID}` },
});

const CREATING = {
  ...busy('creating', 'CREATING', 'createComputeEnvironment'),
  ...{ outputs: null, forgedResources: [], canaries: [], lastValidated: null, resources: [] },
  steps: [
    {
      name: 'job-queue-work',
      state: 'pending',
      attempt: 0,
      since: null,
      waitingFor: null,
      lastError: null,
      expectedMs: 120_000,
    },
  ],
};

const POLICIES = [
  {
    phase: 'create',
    documents: [
      {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'MakeQueues',
            Effect: 'Allow',
            Action: ['batch:CreateJobQueue', 'batch:TagResource'],
            Resource: arn(`job-queue/TowerForge-${FORGE_ID}*`),
          },
        ],
      },
    ],
  },
];

const PLAN = {
  ...{ id: ID, forgeId: FORGE_ID, name: 'genomes', environment: 'localhost' },
  ...{ account: '111122223333', region: 'us-east-1' },
  pools: [
    {
      ...{ name: 'work', role: 'work', label: null, type: 'SPOT', architecture: 'x86_64', gpu: false },
      ...{ instanceTypes: ['optimal'], minvCpus: 0, maxvCpus: 64, bidPercentage: null, imageId: null },
      allocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
      ...{ queue: name('work'), environment: name('work') },
    },
  ],
  steps: [
    { name: 'preflight', after: [], makes: [] },
    {
      name: 'job-queue-work',
      after: ['compute-environment-work'],
      makes: [{ type: RESOURCE.type, name: RESOURCE.name }],
    },
  ],
  documents: documentOf(name('InstanceRole')),
  quota: QUOTA,
  standingCost: { ...STANDING_COST, perMonth: 0, items: [] },
  policies: POLICIES,
  notes: [],
};

const CONFIG = `plugins {
    id 'nf-amazon'
}

process {
    executor = 'awsbatch'
    queue = '${name('work')}'
}

workDir = 's3://genomes-scratch/work'
`;

export const COMPUTE_EXAMPLES: Examples = {
  createComputeEnvironment: { body: CREATES, answers: { 202: CREATING } },
  planComputeEnvironment: { body: CREATES, answers: { 200: PLAN } },
  listComputeEnvironments: { answers: { 200: { items: [ITEM], nextCursor: null } } },
  showComputeEnvironment: { answers: { 200: AVAILABLE } },
  showComputeEnvironmentByAlias: { answers: { 200: AVAILABLE } },
  followComputeEnvironment: { answers: { 200: stream('compute-environment', AVAILABLE) } },
  updateComputeEnvironment: {
    body: {
      'another name and a description': { name: 'genomes-2026', description: 'For the sequencing centre' },
      'more vCPUs': { config: { forge: { maxCpus: 256 } } },
    },
    answers: {
      200: { ...AVAILABLE, name: 'genomes-2026', description: 'For the sequencing centre' },
      202: busy('updating', 'AVAILABLE', 'updateComputeEnvironment'),
    },
  },
  disposeComputeEnvironment: { answers: { 202: busy('draining', 'DELETING', 'disposeComputeEnvironment') } },
  enableComputeEnvironment: { answers: { 200: AVAILABLE } },
  disableComputeEnvironment: {
    answers: { 200: { ...AVAILABLE, phase: 'disabled', status: 'DISABLED', primary: false } },
  },
  makeComputeEnvironmentPrimary: { answers: { 200: AVAILABLE } },
  validateComputeEnvironment: {
    body: { 'look only': {}, 'put right what can be': { repair: true } },
    answers: { 202: busy('available', 'AVAILABLE', 'validateComputeEnvironment') },
  },
  retryComputeEnvironment: {
    body: { 'all steps that wait': {}, 'one step': { step: 'job-queue-work' } },
    answers: { 202: CREATING },
  },
  abandonComputeEnvironmentStep: {
    body: {
      'a step of a create': { step: 'job-queue-work', reason: 'the quota of job queues is not raised this week' },
    },
    answers: { 202: CREATING },
  },
  exportComputeEnvironment: { answers: { 200: { ...LEAST, onFailure: 'rollback' } } },
  showComputeNextflowConfig: { answers: { 200: CONFIG } },
  showComputePolicies: { answers: { 200: { items: POLICIES } } },
};
