import type { Examples } from './examples.ts';
import { exampleOfProblem } from './problems.ts';

export const AT = '2026-11-21T11:45:00.000Z';
const LATER = '2026-11-21T11:52:30.000Z';

export const A_BLOCK = {
  'job-image-whitelist': ['quay.io/nextflow/*'],
  's3-bucket-whitelist': ['ngi-igenomes'],
  'compute-environment-type': 'SPOT',
  'instance-type': 'c5.large',
  'instance-ami': 'ami-0123456789abcdef0',
  'instance-min-vcpus': 0,
  'instance-max-vcpus': 9,
} as const;

/** One that may be used, and names the account that pays. */
export const A_PAY_MODEL = {
  workspace_type: 'Direct Pay',
  account_id: '111122223333',
  request_status: 'active',
  ecs: true,
} as const;

const step = (name: string, state: string, changes: object = {}) => ({
  ...{ name, state, attempt: state === 'pending' ? 0 : 1, since: state === 'pending' ? null : AT },
  ...{ waitingFor: null, lastError: null, expectedMs: 120_000 },
  ...changes,
});

export const operation = (type: string, requestedBy = 'user:test@example.com') => ({
  type,
  workflowId: 'workspace/localhost/test-40example-2ecom',
  runId: '01a226ed-4ade-7774-b374-4cb930a39a80',
  startedAt: AT,
  requestedBy,
});

const NO_KEY = { state: 'none', accessKeyId: null, createdAt: null, claimedAt: null };
const A_KEY = { state: 'claimable', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', createdAt: LATER, claimedAt: null };

const item = (phase: string, changes: object = {}) => ({
  ...{ id: 'localhost.test-40example-2ecom', user: 'test@example.com', environment: 'localhost' },
  ...{ account: '111122223333', region: 'us-east-1', profile: 'nextflow', phase, operation: null },
  ...{
    credential: NO_KEY,
    disposalDueAt: null,
    health: null,
    resources: [],
    stuck: null,
    error: null,
    unwindingSince: null,
    interventions: [],
    leftovers: [],
  },
  ...{ createdAt: AT, updatedAt: LATER },
  ...changes,
});

const RESOURCES = [
  {
    ...{ type: 'AWS::EC2::VPC', id: 'vpc-0123456789abcdef0', name: 'localhost-nf-test-40example-2ecom-vpc' },
    ...{ origin: 'created', step: 'network' },
  },
  {
    type: 'AWS::Batch::JobQueue',
    id: 'arn:aws:batch:us-east-1:111122223333:job-queue/localhost-nf-job-queue-test-40example-2ecom',
    name: 'localhost-nf-job-queue-test-40example-2ecom',
    ...{ origin: 'created', step: 'job-queue' },
  },
];

const RUNNING_ITEM = item('running', { credential: A_KEY, resources: RESOURCES });

const RUNNING = {
  ...RUNNING_ITEM,
  steps: [step('preflight', 'done'), step('job-queue', 'done'), step('publish', 'done')],
};

export const LAUNCHING = {
  ...item('launching', { operation: operation('launchWorkspace'), credential: { ...NO_KEY, state: 'pending' } }),
  steps: [
    step('preflight', 'done'),
    step('compute-environment', 'waiting', { attempt: 4, waitingFor: 'VALID, it is CREATING' }),
    step('job-queue', 'pending'),
  ],
};

export const PARKING = {
  ...item('parking', { operation: operation('terminateWorkspace', 'service:hatchery'), resources: RESOURCES }),
  steps: [step('access-key', 'undone'), step('squid', 'undoing')],
};

const ROTATING = {
  ...item('running', {
    operation: operation('rotateKeys'),
    credential: { ...A_KEY, state: 'claimed', claimedAt: LATER },
  }),
  steps: [step('access-key', 'running')],
};

export const CONFIG = `plugins {
    id 'nf-amazon'
}

process {
    executor = 'awsbatch'
    queue = 'localhost-nf-job-queue-test-40example-2ecom'
}

aws {
    region = 'us-east-1'
    batch {
        cliPath = '/opt/nextflow/aws-cli/bin/aws'
        jobRole = 'arn:aws:iam::111122223333:role/localhost-hatchery-nf-test-40example-2ecom/localhost-nf-jobs-test-40example-2ecom'
    }
}

workDir = 's3://localhost-nf-111122223333/test-40example-2ecom'
`;

const STEP_AND_REASON = { step: 'network', reason: 'the quota of VPCs is not raised this week' } as const;

/** @param event of a stream, with one view */
export const stream = (event: string, view: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(view)}\n\nevent: end\ndata: {}\n\n`;

export const QUOTA = {
  fits: true,
  places: [{ counts: 'job queues', raise: null, used: 12, limit: 50, wanted: 1, fits: true }],
};

export const STANDING_COST = {
  currency: 'USD',
  perMonth: 11.24,
  items: [{ what: 'proxy t3.micro with a public address', perMonth: 11.24 }],
  prices: 'list prices of us-east-1, November 2026, without taxes and traffic',
};

/** As an IAM document of a role says it. */
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export const documentOf = (name: string) => [{ name, kind: 'trust', document: TRUST }];

const PLAN = {
  ...{ id: 'localhost.test-40example-2ecom', user: 'test@example.com', environment: 'localhost' },
  ...{ account: '111122223333', region: 'us-east-1', profile: 'nextflow' },
  steps: [
    { name: 'preflight', makes: [] },
    {
      name: 'job-queue',
      makes: [{ type: 'AWS::Batch::JobQueue', name: 'localhost-nf-job-queue-test-40example-2ecom' }],
    },
  ],
  documents: documentOf('localhost-nf-ecsInstanceRole'),
  quota: QUOTA,
  standingCost: STANDING_COST,
};

const LAUNCH_BODIES = {
  'a profile, for oneself': { profile: 'nextflow' },
  'a profile, for a user': { user: 'test@example.com', profile: 'nextflow' },
  'a nextflow block and a pay model': { user: 'test@example.com', nextflow: A_BLOCK, payModel: A_PAY_MODEL },
};

export const SESSION_KEYS = {
  AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  Token: 'IQoJb3JpZ2luX2VjEXAMPLETOKEN',
  Expiration: '2026-11-21T12:45:00.000Z',
};

/** A problem in the spellings that SDKs look for. */
const forSdks = (status: number, code: 'Denied' | 'Unavailable') => {
  const problem = exampleOfProblem(status, code);
  return { ...problem, message: problem.detail, Code: code, Message: problem.detail };
};

export const KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
} as const;

export const WORKSPACE_EXAMPLES: Examples = {
  launchWorkspace: { body: LAUNCH_BODIES, answers: { 202: LAUNCHING } },
  planWorkspace: { body: LAUNCH_BODIES, answers: { 200: PLAN } },
  listWorkspaces: { answers: { 200: { items: [RUNNING_ITEM], nextCursor: null } } },
  showWorkspace: { answers: { 200: RUNNING } },
  followWorkspace: { answers: { 200: stream('workspace', RUNNING) } },
  claimCredentials: { answers: { 200: { ...KEY, region: 'us-east-1' } } },
  getWorkspaceCredentials: {
    answers: { 200: SESSION_KEYS, 401: forSdks(401, 'Denied'), 503: forSdks(503, 'Unavailable') },
  },
  showNextflowConfig: { answers: { 200: CONFIG } },
  terminateWorkspace: { body: { park: { mode: 'park' }, dispose: { mode: 'dispose' } }, answers: { 202: PARKING } },
  rotateWorkspace: {
    body: { 'keys that are in use stay': {}, 'by an operator, keys go although they are in use': { force: true } },
    answers: { 202: ROTATING },
  },
  retryWorkspace: { body: { 'all steps that wait': {}, 'one step': { step: 'network' } }, answers: { 202: LAUNCHING } },
  abandonStep: { body: { 'a step of a launch': STEP_AND_REASON }, answers: { 202: LAUNCHING } },
};
