import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  DescribeComputeEnvironmentsCommand,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';

/** Undefined also for one that is DELETED: it stays visible for a while. */
export const findComputeEnvironment = async (
  batch: AwsClient<BatchClient>,
  name: string,
): Promise<ComputeEnvironmentDetail | undefined> => {
  const { computeEnvironments = [] } = await batch.send(
    new DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] }),
  );
  return computeEnvironments.find(({ status }) => status !== 'DELETED');
};

/** In these states Batch refuses every change. */
export const isBusy = ({ status }: { readonly status?: string | undefined }): boolean =>
  status === 'CREATING' || status === 'UPDATING' || status === 'DELETING';

/** What Batch says of a role or profile that is not there, or that it does not know yet. */
const ROLE_REASON = /assume|not authorized|instance ?profile|service-linked role/i;

/** It is INVALID, and what it works as may be why: that passes by itself where it was made a moment ago. */
export const isForRoles = ({ status, statusReason = '' }: ComputeEnvironmentDetail): boolean =>
  status === 'INVALID' && ROLE_REASON.test(statusReason);
