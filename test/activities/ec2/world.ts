/** An account of the sandbox with everything that an EC2 activity needs, and attempts as Temporal makes them. */

import { EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { TestContext } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { createControl } from '#control/control.ts';
import { ENVIRONMENT_TAG, kindTag, type Removal, RUN_TAG } from '#domain/core/ownership.ts';
import type { Timing } from '#domain/timing.ts';
import type { WorkspaceInput } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { elasticIpActivities } from '../../../src/activities/ec2/elastic-ip.ts';
import { instanceActivities } from '../../../src/activities/ec2/instance.ts';
import { instanceReadyActivities } from '../../../src/activities/ec2/instance-ready.ts';
import { interfaceEndpointActivities } from '../../../src/activities/ec2/interface-endpoint.ts';
import { internetGatewayActivities } from '../../../src/activities/ec2/internet-gateway.ts';
import { launchTemplateActivities } from '../../../src/activities/ec2/launch-template.ts';
import { natGatewayActivities } from '../../../src/activities/ec2/nat-gateway.ts';
import { routeTableActivities } from '../../../src/activities/ec2/route-table.ts';
import { securityGroupActivities } from '../../../src/activities/ec2/security-group.ts';
import { subnetActivities } from '../../../src/activities/ec2/subnet.ts';
import { vpcActivities } from '../../../src/activities/ec2/vpc.ts';
import { vpcEndpointActivities } from '../../../src/activities/ec2/vpc-endpoint.ts';
import { sandboxAccount } from '../../support/sandbox.ts';

/** The windows are short, for what is waited for, and long enough that a busy machine is still within them. */
export const TIMING: Timing = {
  propagationMs: 3_000,
  lookEveryMs: 50,
  undoGiveUpMs: 1_000,
  expectedScale: 1,
  keyGraceMs: 1_000,
};

export const IMAGE = 'ami-0123456789abcdef0';
export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'] as const;
export const HOST = 'data.example.org';
export const LAUNCH = 'launch-1';

type Activity<Args extends unknown[], Result> = (...args: Args) => Promise<Result>;

/** A failed attempt is what many of these tests are about: no need to read of it. */
const SILENT = new DefaultLogger('ERROR', () => undefined);

/** One attempt. `scheduledAt`: when the first one was. */
export const attempt = async <Args extends unknown[], Result>(
  activity: Activity<Args, Result>,
  args: Args,
  scheduledAt: number = Date.now(),
): Promise<Result> => {
  const environment = new MockActivityEnvironment({ scheduledTimestampMs: scheduledAt }, { logger: SILENT });
  return await environment.run(() => activity(...args));
};

const ATTEMPTS_MAX = 200;

/** Attempts until one succeeds or fails for good, with the pause that the failure asks for. */
export const eventually = async <Args extends unknown[], Result>(
  activity: Activity<Args, Result>,
  ...args: Args
): Promise<Result> => {
  const scheduledAt = Date.now();
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(activity, args, scheduledAt);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable || count === ATTEMPTS_MAX) throw error;
      const pause = Math.min(Number(error.nextRetryDelay ?? 10), 50);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
};

const inputOf = (accountId: string): WorkspaceInput => ({
  workspaceId: 'data-example-org.jane',
  user: 'jane',
  hostname: HOST,
  environment: 'data-example-org',
  escapedUser: 'jane',
  account: { accountId, region: 'us-east-1', roleArn: null, externalId: null },
  profile: null,
  nextflow: {
    'job-image-whitelist': [],
    's3-bucket-whitelist': [],
    'compute-environment-type': 'EC2',
    'instance-ami': IMAGE,
    'instance-ami-builder-arn': '',
    'instance-type': 'c5.large',
    'instance-min-vcpus': 0,
    'instance-max-vcpus': 9,
  },
  global: {
    's3-objects-expiration-days': 30,
    'sample-config-public-image': 'example.org/image:1',
    'imagebuilder-reader-role-arn': '',
  },
  payModel: null,
  settings: {
    squid: {
      instanceType: 't3.small',
      image: 'ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
    },
    vpcCidr: '192.168.0.0/16',
  },
});

/** Removal by the launch, or by the workspace; `unsure`: a create may have been under way just now. */
export const byLaunch = (unsure = false): Removal => ({
  by: 'run',
  unsureSince: unsure ? new Date().toISOString() : null,
});
export const byWorkspace: Removal = { by: 'owner', unsureSince: null };

export const createWorld = async (t: TestContext) => {
  const account = await sandboxAccount(t);
  const controlAccount = await sandboxAccount();
  const controlS3 = new S3Client(controlAccount.client);
  await controlS3.send(new CreateBucketCommand({ Bucket: `control-${controlAccount.id}` }));
  const control = createControl({
    s3: controlS3,
    bucket: `control-${controlAccount.id}`,
    sealingKeys: [{ id: 'test', key: new Uint8Array(32).fill(7) }],
  });
  const aws = createAws({ endpoint: account.endpoint, credentials: async () => account.credentials });
  const deps = { aws, control, timing: TIMING };
  await account.seed('POST images', { images: [{ id: IMAGE, name: 'workers', architecture: 'x86_64' }] });
  const input = inputOf(account.id);
  return {
    account,
    aws,
    deps,
    input,
    /** As anybody else: an SDK client of its own. */
    ec2: new EC2Client(account.client),
    plan: planWorkspace({ workspace: input, launchId: LAUNCH, timing: TIMING }),
    planOf: (launchId: string) => planWorkspace({ workspace: input, launchId, timing: TIMING }),
    activities: {
      ...vpcActivities(deps),
      ...internetGatewayActivities(deps),
      ...subnetActivities(deps),
      ...routeTableActivities(deps),
      ...vpcEndpointActivities(deps),
      ...interfaceEndpointActivities(deps),
      ...elasticIpActivities(deps),
      ...natGatewayActivities(deps),
      ...securityGroupActivities(deps),
      ...instanceActivities(deps),
      ...instanceReadyActivities(deps),
      ...launchTemplateActivities(deps),
    },
  };
};

export type World = Awaited<ReturnType<typeof createWorld>>;

/** Tags of a resource that another workspace of the same environment made. */
export const FOREIGN_TAGS = {
  [kindTag('workspace')]: 'data-example-org.somebody',
  [RUN_TAG]: 'launch-0',
  [ENVIRONMENT_TAG]: 'data-example-org',
};
