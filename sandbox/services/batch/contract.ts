/** What Batch offers to EC2. */
import { contract } from '../../core/contract.ts';

/** Where Batch runs instances now: they hold the subnets and groups in use. */
export interface BatchWorkers {
  readonly environment: string;
  readonly subnets: readonly string[];
  readonly securityGroupIds: readonly string[];
}

export interface Batch {
  workers(account: string, region: string): Promise<BatchWorkers[]>;
}

export const BATCH = contract<Batch>('batch');
