/**
 * What a workspace consists of, resource by resource: the wish that an activity makes true. All of it follows from the
 * pinned input of the launch (plan.ts), so that terminate works from the record with the very same names.
 */
import type { AccountRef } from '../account.ts';
import type { Owner, Tags } from '../core/ownership.ts';

/** Every spec says where and for whom. */
export interface Spec {
  readonly account: AccountRef;
  readonly owner: Owner;
}

/** Operating system of the workers' image: decides Batch's image types, the user data and where the AWS CLI lies. */
export type ImageFamily = 'AL2023' | 'AL2';

export interface PreflightSpec extends Spec {
  /** Instance types or families of the environment, or `optimal`. */
  readonly instanceTypes: readonly string[];
  readonly squidInstanceType: string;
  /** On demand, or Spot. */
  readonly provisioning: 'EC2' | 'SPOT';
  readonly minvCpus: number;
  readonly maxvCpus: number;
  readonly subnetCount: number;
  /** A fixed image wins over the newest one of a pipeline. */
  readonly imageId: string | null;
  readonly imagePipelineArn: string | null;
  readonly imageReader: AccountRef | null;
  /** SSM parameter or, for the old image, `name:` and a pattern of Amazon's. */
  readonly squidImage: string;
  readonly bucket: string;
  readonly computeEnvironment: string;
}

/** What preflight found out: the facts that the specs can't know. */
export interface Resolved {
  /** Zones for the job subnets, one per subnet in order: spread over those that offer the type. */
  readonly jobZones: readonly string[];
  readonly squidZone: string;
  readonly imageId: string;
  readonly imageFamily: ImageFamily;
  readonly squidImageId: string;
}

export interface VpcSpec extends Spec {
  /** Tag `Name`. */
  readonly name: string;
  readonly cidr: string;
  /** What Hatchery sets: `Name` and `Environment`. Both must be on it, or it is foreign. */
  readonly tags: Tags;
}

export interface SubnetSpec extends Spec {
  readonly name: string;
  readonly cidr: string;
  readonly tags: Tags;
  /** `job-0`, `job-1`, `job-2`, `firewall` */
  readonly role: string;
}

export interface RouteTableSpec extends Spec {
  readonly name: string;
  readonly tags: Tags;
}

export interface NetworkSpec extends Spec {
  readonly vpc: VpcSpec;
  /** The gateway carries the VPC's name and tags. */
  readonly gateway: { readonly name: string; readonly tags: Tags };
  readonly jobSubnets: readonly SubnetSpec[];
  readonly firewallSubnet: SubnetSpec;
  readonly jobRouteTable: RouteTableSpec;
  readonly firewallRouteTable: RouteTableSpec;
  /** Ways to a service that pass by proxy and internet gateway, from job subnets and proxy alike. */
  readonly gatewayEndpoints: readonly GatewayEndpointSpec[];
}

export interface GatewayEndpointSpec extends Spec {
  /** Tag `Name`. */
  readonly name: string;
  /** `com.amazonaws.<region>.s3` */
  readonly serviceName: string;
  readonly tags: Tags;
}

export interface Network {
  readonly vpcId: string;
  readonly gatewayId: string;
  readonly jobSubnetIds: readonly string[];
  readonly firewallSubnetId: string;
  readonly jobRouteTableId: string;
  readonly firewallRouteTableId: string;
  readonly defaultSecurityGroupId: string;
}

export interface SecurityGroupSpec extends Spec {
  readonly name: string;
  readonly description: string;
  readonly ingress: { readonly fromPort: number; readonly toPort: number; readonly cidr: string };
}

export interface InstanceSpec extends Spec {
  readonly name: string;
  readonly tags: Tags;
  readonly instanceType: string;
  /** Plain text; base64 on the wire. */
  readonly userData: string;
  /** A line that the instance writes to its console when its proxy answers. */
  readonly readyMarker: string;
}

export interface SquidSpec extends Spec {
  readonly vpc: VpcSpec;
  readonly securityGroup: SecurityGroupSpec;
  readonly instance: InstanceSpec;
  readonly jobRouteTable: RouteTableSpec;
}

export interface LaunchTemplateSpec extends Spec {
  readonly name: string;
  /** Plain text per image family; base64 on the wire. */
  readonly userData: Readonly<Record<ImageFamily, string>>;
}

export interface LaunchTemplate {
  readonly id: string;
  /** The version number that holds this spec. */
  readonly version: string;
}

export interface ComputeEnvironmentSpec extends Spec {
  readonly name: string;
  /** `Name`, also on the workers. */
  readonly tags: Tags;
  readonly type: 'EC2' | 'SPOT';
  readonly instanceTypes: readonly string[];
  readonly minvCpus: number;
  readonly maxvCpus: number;
  readonly updatePolicy: { readonly jobExecutionTimeoutMinutes: number; readonly terminateJobsOnUpdate: boolean };
}

/** What a compute environment is made of besides its spec. */
export interface ComputeEnvironmentParts {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly launchTemplate: LaunchTemplate;
  readonly instanceProfileArn: string;
  readonly imageId: string;
  readonly imageFamily: ImageFamily;
}

export interface JobQueueSpec extends Spec {
  readonly name: string;
  readonly tags: Tags;
  readonly priority: number;
  /** Name of its one compute environment. */
  readonly computeEnvironment: string;
}

export interface PolicySpec extends Spec {
  readonly name: string;
  readonly path: string;
  readonly tags: Tags;
  /** JSON text. May hold `{{kmsKeyArn}}`, which the activity fills in from the foundation. */
  readonly document: string;
}

export interface RoleSpec extends Spec {
  readonly name: string;
  readonly path: string;
  readonly tags: Tags;
  readonly trust: string;
}

export interface UserSpec extends Spec {
  readonly name: string;
  readonly path: string;
  readonly tags: Tags;
}

export interface JobsRoleSpec extends Spec {
  readonly policy: PolicySpec;
  readonly role: RoleSpec;
}

export interface ClientUserSpec extends Spec {
  readonly policy: PolicySpec;
  readonly user: UserSpec;
}

export interface AccessKeySpec extends Spec {
  readonly userName: string;
  readonly bucket: string;
  /** `U/`: what the key must be able to list before it is handed out. */
  readonly prefix: string;
  readonly jobQueue: string;
}

/** Shared by all workspaces of an account and environment. Its owner's workspace and launch are never put on it. */
export interface FoundationSpec {
  readonly account: AccountRef;
  readonly environment: string;
  readonly instanceProfile: {
    readonly name: string;
    readonly managedPolicyArns: readonly string[];
    readonly trust: string;
  };
  readonly kms: { readonly alias: string; readonly tags: Tags };
  readonly bucket: { readonly name: string; readonly expirationDays: number; readonly tags: Tags };
  readonly timing: import('../timing.ts').Timing;
}

export interface Foundation {
  readonly instanceProfileArn: string;
  readonly kmsKeyArn: string;
  readonly bucket: string;
  readonly made: readonly import('../core/ownership.ts').Made[];
}

export interface SlotsSpec extends Spec {
  readonly names: { readonly vpc: string; readonly queue: string; readonly computeEnvironment: string };
}

/** Everything that a workspace is to consist of: by the step that makes it. */
export interface WorkspacePlan {
  readonly preflight: PreflightSpec;
  readonly 'reserve-slots': SlotsSpec;
  readonly foundation: FoundationSpec;
  readonly network: NetworkSpec;
  readonly squid: SquidSpec;
  readonly 'launch-template': LaunchTemplateSpec;
  readonly 'compute-environment': ComputeEnvironmentSpec;
  readonly 'job-queue': JobQueueSpec;
  readonly 'jobs-role': JobsRoleSpec;
  readonly 'client-user': ClientUserSpec;
  readonly 'access-key': AccessKeySpec;
}
