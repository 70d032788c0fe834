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
