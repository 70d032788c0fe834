/**
 * What a compute environment consists of, step by step: the wishes that make it true. All of it follows from the pinned
 * input (plan.ts), so that a removal works from the record with the very same names.
 */
import type { SlotsSpec } from '../core/slots.ts';
import type {
  CanarySpec,
  ComputeEnvironmentSpec,
  FargateEnvironmentSpec,
  JobQueueSpec,
  SchedulingPolicySpec,
} from '../resources/batch.ts';
import type { EfsSpec, GuardedRemoval, LustreSpec, OwnSecurityGroupSpec } from '../resources/file-system.ts';
import type { OwnInstanceProfileSpec, RoleSpec } from '../resources/identity.ts';
import type { ImageFamily, LaunchTemplateSpec } from '../resources/instance.ts';
import type { LogGroupSpec } from '../resources/logs.ts';
import type { Spec } from '../resources/spec.ts';
import type { Tenancy } from './input.ts';

/** What of its options has to be checked and found out before anything is made. */
export interface ComputePreflightSpec extends Spec {
  readonly vpcId: string | null;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Of the work directory and `allowBuckets`: they are there, and in this region. */
  readonly buckets: readonly string[];
  readonly pools: readonly PoolPreflight[];
  readonly keyPair: string | null;
  readonly efsId: string | null;
  readonly efsCreate: boolean;
  /** A file system is made: its zone's subnet, and DNS names in the VPC. */
  readonly lustreCreate: boolean;
  readonly lustreName: string | null;
  readonly roleArns: readonly string[];
  readonly logGroup: string | null;
  readonly kmsKeyIds: readonly string[];
  /** An address to the services without which no worker starts: by route or by endpoint. */
  readonly services: readonly ServiceName[];
  /** Of a tenant: where it runs, with the names of the queues; null: in queues of its own. */
  readonly tenancy: (Tenancy & { readonly queues: readonly string[] }) | null;
  /** How many roles and instance profiles it makes: IAM has a quota of each. */
  readonly roles: number;
  readonly profiles: number;
}

/** As in the name of its endpoint: `com.amazonaws.<region>.<name>`. */
export type ServiceName =
  | 'ecr.api'
  | 'ecr.dkr'
  | 'ecs'
  | 'ecs-agent'
  | 'ecs-telemetry'
  | 's3'
  | 'logs'
  | 'ec2'
  | 'elasticfilesystem';

export interface PoolPreflight {
  readonly name: string;
  readonly type: 'EC2' | 'SPOT' | 'FARGATE';
  readonly instanceTypes: readonly string[];
  readonly architecture: 'x86_64' | 'arm64';
  readonly gpu: boolean;
  /** Null: the newest one by SSM parameter. */
  readonly imageId: string | null;
  /** Of the root volume: not smaller than the image's. Null of Fargate. */
  readonly bootGib: number | null;
  readonly maxvCpus: number;
}

/** What preflight found out: the facts that the specs can't know. */
export interface ComputeResolved {
  readonly vpcId: string;
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
  readonly securityGroupIds: readonly string[];
  /** By pool; none of Fargate. */
  readonly images: Readonly<Record<string, { readonly imageId: string; readonly imageFamily: ImageFamily }>>;
  /** Mount name of a Lustre file system that is there already. */
  readonly lustreMountName: string | null;
}

export interface InstanceRoleSpec extends Spec {
  readonly role: RoleSpec;
  readonly profile: OwnInstanceProfileSpec;
}

/** Its data is guarded: what a removal may take stands in it. */
export interface EfsStepSpec extends GuardedRemoval {
  readonly fileSystem: EfsSpec;
  readonly securityGroup: OwnSecurityGroupSpec;
}

/** As with EFS. */
export interface LustreStepSpec extends GuardedRemoval {
  readonly fileSystem: LustreSpec;
  readonly securityGroup: OwnSecurityGroupSpec;
}

/**
 * By the names of the steps. Null: not for this one. Of each pool `compute-environment-<pool>` and so on; a tenant has none
 * but canaries.
 */
export interface ComputePlan {
  readonly preflight: ComputePreflightSpec;
  readonly 'reserve-slots': SlotsSpec | null;
  readonly 'log-group': LogGroupSpec | null;
  readonly 'service-role': RoleSpec | null;
  readonly 'fleet-role': RoleSpec | null;
  readonly 'instance-role': InstanceRoleSpec | null;
  readonly 'execution-role': RoleSpec | null;
  readonly 'head-role': RoleSpec | null;
  readonly 'job-role': RoleSpec | null;
  readonly efs: EfsStepSpec | null;
  readonly lustre: LustreStepSpec | null;
  readonly 'scheduling-policy': SchedulingPolicySpec | null;
  /** Its user data may hold `{{efsId}}`, `{{lustreDnsName}}`, `{{lustreMountName}}` of what is made with it. */
  readonly 'launch-template': LaunchTemplateSpec | null;
  readonly [environment: `compute-environment-${string}`]: ComputeEnvironmentSpec | FargateEnvironmentSpec;
  readonly [queue: `job-queue-${string}`]: JobQueueSpec;
  readonly [canary: `canary-${string}`]: CanarySpec | null;
}
