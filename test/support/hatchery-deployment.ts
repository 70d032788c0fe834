/**
 * What Hatchery leaves behind for a user who launched a Nextflow workspace, as Hatchery makes it: its tags and where it
 * sets none, its order, and its drift (all subnets in one zone, old images, a bucket policy that refuses plain uploads, no
 * public-access block, routes and properties that nobody converged). For tests of adoption.
 */
import type { BatchClient } from '@aws-sdk/client-batch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { S3Client } from '@aws-sdk/client-s3';
import { type WorkspaceNames, workspaceNames } from '#domain/workspace/names.ts';
import { type HatcheryBatch, makeHatcheryBatch } from './hatchery-batch.ts';
import { type HatcheryIdentity, makeHatcheryIdentity } from './hatchery-identity.ts';
import { type HatcheryNetwork, makeHatcheryNetwork } from './hatchery-network.ts';
import { type HatcheryStorage, makeHatcheryStorage } from './hatchery-storage.ts';

export interface HatcheryClients {
  readonly ec2: EC2Client;
  readonly batch: BatchClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly s3: S3Client;
}

export interface HatcheryUser {
  readonly clients: HatcheryClients;
  readonly accountId: string;
  /** GEN3_ENDPOINT. */
  readonly hostname: string;
  readonly user: string;
  readonly names: WorkspaceNames;
  readonly imageId: string;
  readonly instanceType: string;
}

export interface HatcheryDeployment {
  readonly names: WorkspaceNames;
  readonly network: HatcheryNetwork;
  readonly batch: HatcheryBatch;
  readonly storage: HatcheryStorage;
  readonly identity: HatcheryIdentity;
}

/** Makes it all, one call after the other as Hatchery does. `imageId` must exist in the account. */
export const makeHatcheryDeployment = async (
  parts: Pick<HatcheryUser, 'clients' | 'accountId' | 'imageId'> &
    Partial<Pick<HatcheryUser, 'hostname' | 'user' | 'instanceType'>>,
): Promise<HatcheryDeployment> => {
  const { hostname = 'localhost', user = 'test@example.com', instanceType = 'c5.large', accountId } = parts;
  const names = workspaceNames({ hostname, user, accountId });
  const owner: HatcheryUser = { ...parts, hostname, user, instanceType, names };
  const network = await makeHatcheryNetwork(owner);
  const batch = await makeHatcheryBatch(owner, network);
  const storage = await makeHatcheryStorage(owner);
  const identity = await makeHatcheryIdentity(owner, storage);
  return { names, network, batch, storage, identity };
};
