/** What Batch offers to EC2 and ECS. */
import { contract } from '../../core/contract.ts';

/** Where Batch runs instances now: they hold the subnets and groups in use. */
export interface BatchWorkers {
  readonly environment: string;
  readonly subnets: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** The ECS task of an attempt of a job. */
export interface BatchTask {
  readonly taskArn: string;
  readonly clusterArn: string;
  /** None on Fargate. */
  readonly containerInstanceArn: string | undefined;
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly exitCode: number | undefined;
}

export interface Batch {
  workers(account: string, region: string): Promise<BatchWorkers[]>;
  /** The clusters of the environments, and the tasks of the jobs that got so far. */
  ecs(account: string, region: string): Promise<{ clusterArns: string[]; tasks: BatchTask[] }>;
}

export const BATCH = contract<Batch>('batch');
