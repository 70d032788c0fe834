/** Seqera's ledger: what a compute environment consists of, each thing under the name that it has for its type there. */
import { partitionOf } from '../core/account.ts';
import type { Made } from '../core/ownership.ts';
import type { ComputeInput } from './input.ts';
import type { LedgerEntry } from './view.ts';

type Account = ComputeInput['account'];

const batchArn = ({ accountId, region }: Account, what: string, { id }: Made): string =>
  id.startsWith('arn:') ? id : `arn:${partitionOf(region)}:batch:${region}:${accountId}:${what}/${id}`;

/** By CloudFormation's type. What is not here is no thing of the ledger. */
const ENTRIES: Readonly<Record<string, (made: Made, account: Account) => LedgerEntry>> = {
  'AWS::Logs::LogGroup': ({ id }) => ({ LogGroup: id }),
  'AWS::IAM::Role': ({ id }) => ({ IamRole: id }),
  'AWS::IAM::InstanceProfile': ({ id }) => ({ IamInstanceProfile: id }),
  'AWS::EC2::SecurityGroup': ({ id }) => ({ Ec2SecurityGroup: id }),
  'AWS::EFS::FileSystem': ({ id }) => ({ EfsId: id }),
  'AWS::FSx::FileSystem': ({ id }) => ({ FsxId: id }),
  'AWS::EC2::LaunchTemplate': ({ id, name }) => ({ Ec2LaunchTemplate: name ?? id }),
  'AWS::Batch::SchedulingPolicy': (made, account) => ({
    BatchSchedulingPolicy: batchArn(account, 'scheduling-policy', made),
  }),
  'AWS::Batch::ComputeEnvironment': (made, account) => ({
    BatchEnv: batchArn(account, 'compute-environment', made),
  }),
  'AWS::Batch::JobQueue': (made, account) => ({ BatchQueue: batchArn(account, 'job-queue', made) }),
};

/** In the order in which they were made. */
export const ledgerOf = (resources: readonly Made[], account: Account): readonly LedgerEntry[] =>
  resources.flatMap((made): LedgerEntry[] => {
    const entry = ENTRIES[made.type]?.(made, account);
    return entry ? [entry] : [];
  });
