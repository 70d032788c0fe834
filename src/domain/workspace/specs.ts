/**
 * What a workspace consists of, step by step: the wishes that make it true. All of it follows from the pinned input of
 * the launch (plan.ts), so that terminate works from the record with the very same names.
 */
import type { AccountRef } from '../account.ts';
import type { FoundationSpec } from '../core/foundation.ts';
import type { SlotsSpec } from '../core/slots.ts';
import type { ComputeEnvironmentSpec, JobQueueSpec } from '../resources/batch.ts';
import type { AccessKeySpec, PolicySpec, RoleSpec, UserSpec } from '../resources/identity.ts';
import type { ImageFamily, InstanceSpec, LaunchTemplateSpec } from '../resources/instance.ts';
import type {
  GatewayEndpointSpec,
  InternetGatewaySpec,
  RouteTableSpec,
  SecurityGroupSpec,
  SubnetSpec,
  VpcSpec,
} from '../resources/network.ts';
import type { Spec } from '../resources/spec.ts';

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

export interface NetworkSpec extends Spec {
  readonly vpc: VpcSpec;
  /** The gateway carries the VPC's name and tags. */
  readonly gateway: InternetGatewaySpec;
  readonly jobSubnets: readonly SubnetSpec[];
  readonly firewallSubnet: SubnetSpec;
  readonly jobRouteTable: RouteTableSpec;
  readonly firewallRouteTable: RouteTableSpec;
  /** Ways to a service that pass by proxy and internet gateway, from job subnets and proxy alike. */
  readonly gatewayEndpoints: readonly GatewayEndpointSpec[];
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

export interface SquidSpec extends Spec {
  readonly vpc: VpcSpec;
  readonly securityGroup: SecurityGroupSpec;
  readonly instance: InstanceSpec;
  readonly jobRouteTable: RouteTableSpec;
}

export interface JobsRoleSpec extends Spec {
  readonly policy: PolicySpec;
  readonly role: RoleSpec;
}

export interface ClientUserSpec extends Spec {
  readonly policy: PolicySpec;
  readonly user: UserSpec;
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
