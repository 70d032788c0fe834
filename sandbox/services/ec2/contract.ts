/** What EC2 offers to the services that run instances or put interfaces of their own into a subnet. */
import type { SecurityGroup, Subnet } from '@aws-sdk/client-ec2';
import { contract } from '../../core/contract.ts';

interface Place {
  readonly account: string;
  readonly region: string;
}

export interface ServiceInterface {
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly description: string;
  /** Who is named as requester and as owner of what it hangs on, for example `amazon-elasticfilesystem`. */
  readonly requester: string;
}

export interface Ec2 {
  /** Whether an instance could start from this image: one of moto's, or a seeded one. */
  imageExists(account: string, region: string, imageId: string): Promise<boolean>;
  /** Those of the ids that exist. */
  subnets(at: Place, ids: readonly string[]): Promise<Subnet[]>;
  /** Those of the ids that exist; without ids the default group of the VPC. */
  securityGroups(at: Place, ids: readonly string[], vpcId: string): Promise<SecurityGroup[]>;
  /** An interface that only its service takes away; it holds its subnet and its groups. */
  createInterface(at: Place, wanted: ServiceInterface): Promise<{ id: string; privateIp: string; vpcId: string }>;
  changeInterfaceGroups(at: Place, id: string, securityGroupIds: readonly string[]): Promise<void>;
  /** The interface is there until then. @param goneAt milliseconds since the epoch */
  releaseInterface(at: Place, id: string, goneAt: number): void;
}

export const EC2 = contract<Ec2>('ec2');
