/** Compute environments and job queues. */
import type { ImageFamily, LaunchTemplate } from './instance.ts';
import type { ResourceSpec } from './spec.ts';

export interface ComputeEnvironmentSpec extends ResourceSpec {
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

export interface JobQueueSpec extends ResourceSpec {
  readonly priority: number;
  /** Name of its one compute environment. */
  readonly computeEnvironment: string;
  /** Why its jobs end with it: users see it on them. */
  readonly terminationReason: string;
}
