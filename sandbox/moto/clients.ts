/** SDK clients that reach moto directly, one set per account and region: how rules and the inventory look at state. */
import { BatchClient } from '@aws-sdk/client-batch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { createLocks, type Locks } from '../core/locks.ts';

export interface Aws {
  readonly batch: BatchClient;
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** moto picks the account by this header: it ignores the access key id unless moto itself issued it. */
const ACCOUNT_HEADER = 'x-moto-account-id';

/** Their calls wait in the same line as the forwarded ones: see locks.ts. */
export const createMotoClients = (
  endpoint: string,
  locks: Locks = createLocks(),
): ((account: string, region: string) => Aws) => {
  const sets = new Map<string, Aws>();
  return (account, region) => {
    const key = `${account}/${region}`;
    const known = sets.get(key);
    if (known) return known;
    const options = {
      endpoint,
      region,
      credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' },
      maxAttempts: 1,
      forcePathStyle: true,
    };
    const asAccount = <C extends { middlewareStack: { add: (...args: never[]) => void } }>(client: C): C => {
      const add = client.middlewareStack.add as unknown as (middleware: unknown, where: unknown) => void;
      add.call(
        client.middlewareStack,
        (next: (args: { request: { headers: Record<string, string> } }) => Promise<unknown>) =>
          (args: { request: { headers: Record<string, string> } }) => {
            args.request.headers[ACCOUNT_HEADER] = account;
            return locks(account, () => next(args));
          },
        { step: 'build', name: 'motoAccount' },
      );
      return client;
    };
    const made: Aws = {
      batch: asAccount(new BatchClient(options)),
      ec2: asAccount(new EC2Client(options)),
      iam: asAccount(new IAMClient(options)),
      kms: asAccount(new KMSClient(options)),
      s3: asAccount(new S3Client(options)),
      ssm: asAccount(new SSMClient(options)),
      sts: asAccount(new STSClient(options)),
    };
    sets.set(key, made);
    return made;
  };
};
