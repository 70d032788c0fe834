/**
 * What a workspace consists of, step by step: the wishes that make it true. All of it follows from the pinned input of
 * the launch (plan.ts), so that terminate works from the record with the very same names.
 */
import type { AccountRef } from '../core/account.ts';
import type { FoundationSpec } from '../core/foundation.ts';
import type { SlotsSpec } from '../core/slots.ts';
import type { ComputeEnvironmentSpec, JobQueueSpec } from '../resources/batch.ts';
import type { AccessKeySpec, PolicySpec, RoleSpec, UserSpec } from '../resources/identity.ts';
import type { ImageFamily, InstanceSpec, LaunchTemplateSpec } from '../resources/instance.ts';
import type {
  ElasticIpSpec,
  InternetGatewaySpec,
  NatGatewaySpec,
  RouteTableSpec,
  SecurityGroupSpec,
  SubnetSpec,
  VpcEndpointSpec,
  VpcSpec,
} from '../resources/network.ts';
import type { Spec } from '../resources/spec.ts';
import type { Egress, KeptWhenParked } from './egress.ts';

export interface PreflightSpec extends Spec {
  /** Instance types or families of the environment, or `optimal`. */
  readonly instanceTypes: readonly string[];
  readonly egress: Egress;
  /** Null where there is no proxy. */
  readonly squidInstanceType: string | null;
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
  readonly squidImage: string | null;
  readonly bucket: string;
  readonly computeEnvironment: string;
}

/** What preflight found out: the facts that the specs can't know. */
export interface Resolved {
  /** Zones for the job subnets, one per subnet in order: spread over those that offer the type. */
  readonly jobZones: readonly string[];
  /** Of the proxy or the NAT gateway. */
  readonly squidZone: string;
  readonly imageId: string;
  readonly imageFamily: ImageFamily;
  /** Empty where there is no proxy. */
  readonly squidImageId: string;
}

export interface NetworkSpec extends Spec {
  /** How the jobs get out. With `none` there is neither internet gateway nor public subnet. */
  readonly egress: Egress;
  readonly vpc: VpcSpec;
  /** The gateway carries the VPC's name and tags. */
  readonly gateway: InternetGatewaySpec;
  readonly jobSubnets: readonly SubnetSpec[];
  readonly firewallSubnet: SubnetSpec;
  readonly jobRouteTable: RouteTableSpec;
  readonly firewallRouteTable: RouteTableSpec;
  /** Ways to a service that pass by proxy and internet gateway, from job subnets and proxy alike. */
  readonly gatewayEndpoints: readonly VpcEndpointSpec[];
}

export interface Network {
  readonly vpcId: string;
  readonly jobSubnetIds: readonly string[];
  /** The public one; null where there is none. */
  readonly firewallSubnetId: string | null;
  readonly jobRouteTableId: string;
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

/** Made where the holder is given sessions; removed in any case. */
export interface ClientRoleSpec extends Spec {
  readonly role: RoleSpec;
}

/** The jobs' way out by a NAT gateway: its address, itself, and their default route to it. */
export interface NatSpec extends Spec {
  readonly vpc: VpcSpec;
  readonly address: ElasticIpSpec;
  readonly gateway: NatGatewaySpec;
  readonly jobRouteTable: RouteTableSpec;
  readonly keptWhenParked: KeptWhenParked;
}

/** No way out: the services that a worker can't do without, inside the VPC, and no default route. */
export interface ServiceEndpointsSpec extends Spec {
  readonly vpc: VpcSpec;
  readonly endpoints: readonly VpcEndpointSpec[];
  readonly jobRouteTable: RouteTableSpec;
  readonly keptWhenParked: KeptWhenParked;
}

/** Everything that a workspace is to consist of: by the step that makes it. */
export interface WorkspacePlan {
  readonly preflight: PreflightSpec;
  readonly 'reserve-slots': SlotsSpec;
  readonly foundation: FoundationSpec;
  readonly network: NetworkSpec;
  /** One of these three is made, as `network.egress` says; all of them are removed. */
  readonly squid: SquidSpec;
  readonly 'nat-gateway': NatSpec;
  readonly 'service-endpoints': ServiceEndpointsSpec;
  readonly 'launch-template': LaunchTemplateSpec;
  readonly 'compute-environment': ComputeEnvironmentSpec;
  readonly 'job-queue': JobQueueSpec;
  readonly 'jobs-role': JobsRoleSpec;
  readonly 'client-user': ClientUserSpec;
  readonly 'client-role': ClientRoleSpec;
  readonly 'access-key': AccessKeySpec;
}
