/** An account of the sandbox with everything that an EC2 activity needs. */
import { EC2Client } from '@aws-sdk/client-ec2';
import type { TestContext } from 'vitest';
import { elasticIpActivities } from '#activities/ec2/elastic-ip.ts';
import { instanceActivities } from '#activities/ec2/instance.ts';
import { instanceReadyActivities } from '#activities/ec2/instance-ready.ts';
import { interfaceEndpointActivities } from '#activities/ec2/interface-endpoint.ts';
import { internetGatewayActivities } from '#activities/ec2/internet-gateway.ts';
import { launchTemplateActivities } from '#activities/ec2/launch-template.ts';
import { natGatewayActivities } from '#activities/ec2/nat-gateway.ts';
import { routeTableActivities } from '#activities/ec2/route-table.ts';
import { securityGroupActivities } from '#activities/ec2/security-group.ts';
import { subnetActivities } from '#activities/ec2/subnet.ts';
import { vpcActivities } from '#activities/ec2/vpc.ts';
import { vpcEndpointActivities } from '#activities/ec2/vpc-endpoint.ts';
import type { Timing } from '#domain/core/timing.ts';
import { activityRig, planFor } from '../../control/rig.ts';

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

/** What the rig keeps, with EC2's activities and a client of somebody else's. */
export const createWorld = async (t: TestContext) => {
  const rig = await activityRig(t, TIMING);
  const { account, deps } = rig;
  await account.seed('POST images', { images: [{ id: IMAGE, name: 'workers', architecture: 'x86_64' }] });
  const planOf = (launchId: string) => planFor(rig, launchId, { user: 'jane', hostname: HOST });
  return {
    ...rig,
    /** As anybody else: an SDK client of its own. */
    ec2: new EC2Client(account.client),
    plan: planOf(LAUNCH),
    planOf,
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
