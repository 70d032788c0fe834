/** Compute environments and job queues. */

import type { Tags } from '../core/ownership.ts';
import type { OwnInstanceProfileSpec, RoleSpec } from './identity.ts';
import type { ImageFamily, LaunchTemplate } from './instance.ts';
import type { ResourceSpec, Spec } from './spec.ts';

export type AllocationStrategy =
  | 'BEST_FIT'
  | 'BEST_FIT_PROGRESSIVE'
  | 'SPOT_CAPACITY_OPTIMIZED'
  | 'SPOT_PRICE_CAPACITY_OPTIMIZED';

/**
 * What an environment works as. Where one of them is gone, Batch can neither use the environment nor take it apart: it is
 * made again first.
 */
export interface EnvironmentRoles {
  /** Null: Batch's service-linked role, which nobody can take away. */
  readonly service: RoleSpec | null;
  /** Null of Fargate. */
  readonly instance: { readonly role: RoleSpec; readonly profile: OwnInstanceProfileSpec } | null;
}

export interface ComputeEnvironmentSpec extends ResourceSpec {
  readonly type: 'EC2' | 'SPOT';
  readonly instanceTypes: readonly string[];
  readonly minvCpus: number;
  readonly maxvCpus: number;
  readonly updatePolicy: { readonly jobExecutionTimeoutMinutes: number; readonly terminateJobsOnUpdate: boolean };
  /** Left out: what fits the type. */
  readonly allocationStrategy?: AllocationStrategy;
  /** Of Spot: at most so much of the on-demand price, 1 to 100. Left out: 100. */
  readonly bidPercentage?: number;
  /** Name of an EC2 key pair. */
  readonly keyPair?: string;
  /** What instances carry. Left out: the tags of the environment. */
  readonly instanceTags?: Tags;
  /** The image is one for GPUs. */
  readonly gpu?: true;
  /** Left out: they are none of its owner's, and are not repaired. */
  readonly roles?: EnvironmentRoles;
}

const STRATEGIES = { EC2: 'BEST_FIT_PROGRESSIVE', SPOT: 'SPOT_PRICE_CAPACITY_OPTIMIZED' } as const;

/** The one that is wanted, or what fits the type. */
export const allocationStrategyOf = ({
  type,
  allocationStrategy = STRATEGIES[type],
}: Pick<ComputeEnvironmentSpec, 'type' | 'allocationStrategy'>): AllocationStrategy => allocationStrategy;

/** Without instances of one's own. */
export interface FargateEnvironmentSpec extends ResourceSpec {
  readonly type: 'FARGATE';
  readonly maxvCpus: number;
  /** As of the others. */
  readonly roles?: EnvironmentRoles;
}

export interface FargateEnvironmentParts {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Null: Batch's service-linked role. */
  readonly serviceRoleArn: string | null;
}

/** What a compute environment is made of besides its spec. */
export interface ComputeEnvironmentParts {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly launchTemplate: LaunchTemplate;
  readonly instanceProfileArn: string;
  readonly imageId: string;
  readonly imageFamily: ImageFamily;
  /** A role of one's own for Batch. Left out: its service-linked role. */
  readonly serviceRoleArn?: string;
  /** Of Spot with BEST_FIT. */
  readonly spotFleetRoleArn?: string;
}

export interface JobQueueSpec extends ResourceSpec {
  readonly priority: number;
  /** Name of its one compute environment. */
  readonly computeEnvironment: string;
  /** When a job that can't be placed is cancelled. Left out: never. */
  readonly jobStateTimeLimits?: readonly JobStateTimeLimit[];
  /** Why its jobs end with it: users see it on them. */
  readonly terminationReason: string;
}

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html */
export interface JobStateTimeLimit {
  /** As AWS spells it: `CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`, … */
  readonly reason: string;
  /** 600 to 86,400. */
  readonly maxTimeSeconds: number;
}

/** Job definitions that its clients have registered: those that carry its tag, or whose name begins so and that carry none. */
export interface JobDefinitionsSpec extends Spec {
  readonly namePrefix: string;
}

/** Decided when its queue is made: a queue can't change between first-in-first-out and fair share. */
export interface SchedulingPolicySpec extends ResourceSpec {
  /** Seconds over which usage is remembered, 0 to 604,800. */
  readonly shareDecaySeconds: number;
  /** Per cent of the vCPUs that are kept for shares that are not active yet, 0 to 99. */
  readonly computeReservation: number;
  /** By share identifier; the smaller, the more. */
  readonly shares: readonly { readonly identifier: string; readonly weight: number }[];
}

/** A job that proves a queue: it starts, and ends well, in time. */
export interface CanarySpec extends Spec {
  /** Of its job definition and its job. */
  readonly name: string;
  readonly queue: string;
  readonly platform: 'EC2' | 'FARGATE';
  readonly image: string;
  readonly command: readonly string[];
  readonly vcpus: number;
  readonly memoryMib: number;
  /** It counts as failed past this. */
  readonly timeoutSeconds: number;
  /** Of fair share. */
  readonly shareIdentifier: string | null;
  /** ARN of the role that pulls its image and writes its log; null: the one that is made. */
  readonly executionRoleArn: string | null;
  /** ARN of the role that it works under; null: that of its instance, or none. */
  readonly jobRoleArn: string | null;
  /** Id of the owner of the instances that it runs on. */
  readonly instancesOf: string;
  readonly logGroup: string;
}

/** Jobs of one share among those of a queue that others use, too. */
export interface ShareJobsSpec extends Spec {
  readonly queue: string;
  readonly shareIdentifier: string;
  /** Why they end: users see it on them. */
  readonly terminationReason: string;
}
