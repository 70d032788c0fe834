/**
 * Names of everything that belongs to a workspace: byte for byte those that Hatchery gives, so that what an existing
 * deployment holds is found and adopted.
 */
import { environmentOf, escapeUser, truncate64 } from '../core/escaping.ts';

export interface WorkspaceNames {
  readonly environment: string;
  readonly escapedUser: string;
  readonly vpc: string;
  readonly jobSubnets: readonly [string, string, string];
  readonly firewallSubnet: string;
  readonly jobRouteTable: string;
  readonly firewallRouteTable: string;
  /** Hatchery has none: a name in the manner of its others. */
  readonly s3Endpoint: string;
  /** The NAT gateway and its address. Hatchery has none. */
  readonly nat: string;
  readonly squidSecurityGroup: string;
  readonly squidInstance: string;
  readonly launchTemplate: string;
  /** Instance profile and its role, shared by all users of the account. */
  readonly instanceProfile: string;
  readonly computeEnvironment: string;
  /** Shared by all users of the account; each has a prefix. */
  readonly bucket: string;
  readonly kmsAlias: string;
  readonly jobQueue: string;
  readonly jobsPolicy: string;
  readonly jobsRole: string;
  readonly clientPolicy: string;
  readonly clientUser: string;
  /** Hatchery has none: a name in the manner of its jobs role. */
  readonly clientRole: string;
  /** Value of the tag `Name` on Batch and IAM resources. */
  readonly tag: string;
  /** Value of the tag `Name` on the shared KMS key. */
  readonly sharedTag: string;
  /** IAM path of policies and jobs role. */
  readonly path: string;
}

/** What the names follow from. */
export interface NameParts {
  /** GEN3_ENDPOINT as it is. */
  readonly hostname: string;
  /** Raw. */
  readonly user: string;
  readonly accountId: string;
}

export const workspaceNames = ({ hostname, user, accountId }: NameParts): WorkspaceNames => {
  const h = environmentOf(hostname);
  const u = escapeUser(user);
  const bucket = `${h}-nf-${accountId}`;
  return {
    environment: h,
    escapedUser: u,
    vpc: `${h}-nf-vpc-${u}`,
    jobSubnets: [`${h}-nf-subnet-${u}-0`, `${h}-nf-subnet-${u}-1`, `${h}-nf-subnet-${u}-2`],
    firewallSubnet: `${h}-nf-subnet-fw-${u}`,
    jobRouteTable: `${h}-nf-rt-${u}`,
    firewallRouteTable: `${h}-nf-fw-rt-${u}`,
    s3Endpoint: `${h}-nf-s3-${u}`,
    nat: `${h}-nf-nat-${u}`,
    squidSecurityGroup: `${h}-nf-sg-fw-${u}`,
    squidInstance: `${h}-nf-squid-${u}`,
    launchTemplate: `${h}-nf-${u}`,
    instanceProfile: `${h}-nf-ecsInstanceRole`,
    computeEnvironment: `${h}-nf-compute-env-${u}`,
    bucket,
    kmsAlias: `alias/key-${bucket}`,
    jobQueue: `${h}-nf-job-queue-${u}`,
    jobsPolicy: `${h}-nf-jobs-${u}`,
    jobsRole: truncate64(`${h}-nf-jobs-${u}`),
    clientPolicy: `${h}-nf-${u}`,
    clientUser: `${h}-nf-${u}`,
    clientRole: truncate64(`${h}-nf-client-${u}`),
    tag: `${h}-hatchery-nf-${u}`,
    sharedTag: `${h}-hatchery-nf`,
    path: `/${h}-hatchery-nf-${u}/`,
  };
};
