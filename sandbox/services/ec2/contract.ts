/** What EC2 offers to the services that run instances. */
import { contract } from '../../core/contract.ts';

export interface Ec2 {
  /** Whether an instance could start from this image: one of moto's, or a seeded one. */
  imageExists(account: string, region: string, imageId: string): Promise<boolean>;
}

export const EC2 = contract<Ec2>('ec2');
