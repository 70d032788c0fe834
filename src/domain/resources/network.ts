/** A VPC and what lies in it. */
import type { ResourceSpec } from './spec.ts';

export interface VpcSpec extends ResourceSpec {
  readonly cidr: string;
}

export interface SubnetSpec extends ResourceSpec {
  readonly cidr: string;
}

export interface InternetGatewaySpec extends ResourceSpec {}

export interface RouteTableSpec extends ResourceSpec {}

/** A way to one service that passes by gateways and proxies. */
export interface VpcEndpointSpec extends ResourceSpec {
  /** A route in tables, free; or an interface in a subnet, paid by the hour. */
  readonly type: 'Gateway' | 'Interface';
  /** `com.amazonaws.<region>.s3` */
  readonly serviceName: string;
}

/** The public address of a NAT gateway. */
export interface ElasticIpSpec extends ResourceSpec {}

export interface NatGatewaySpec extends ResourceSpec {}

export interface SecurityGroupSpec extends ResourceSpec {
  readonly description: string;
  readonly ingress: { readonly fromPort: number; readonly toPort: number; readonly cidr: string };
}
