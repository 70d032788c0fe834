/** Makes an account of the sandbox ready: what an operator does once in a real one. */
import { CreateBucketCommand, PutBucketLifecycleConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { CONTROL_BUCKET_RULES } from '#bootstrap/lifecycle.ts';
import { environmentOf } from '#domain/core/escaping.ts';
import { makeRoles } from './roles.ts';

export interface DevAccount {
  readonly id: string;
  readonly region: string;
  readonly controlBucket: string;
  /** Of a user that may do nothing but enter the two roles. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly workerRoleArn: string;
  readonly apiRoleArn: string;
  readonly imageId: string;
}

export const DEV_HOSTNAME = 'localhost';

const ACCOUNT = '111122223333';
/** In the sandbox an account's number and this word are its root. A copy each time: the SDK writes into it. */
const ROOT_SECRET = 'sandbox';
export const rootOf = (accountId: string) => ({ accessKeyId: accountId, secretAccessKey: ROOT_SECRET });
const REGION = 'us-east-1';
/** Of the profile `nextflow`. */
const IMAGE_ID = 'ami-0e1e5a1d2023ec500';

export const prepareAccount = async (aws: string): Promise<DevAccount> => {
  const controlBucket = `eyrie-control-${ACCOUNT}`;
  const s3 = new S3Client({ endpoint: aws, region: REGION, credentials: rootOf(ACCOUNT), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: controlBucket }));
  const LifecycleConfiguration = { Rules: [...CONTROL_BUCKET_RULES] };
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: controlBucket, LifecycleConfiguration }));
  const access = await makeRoles({
    endpoint: aws,
    region: REGION,
    accountId: ACCOUNT,
    root: rootOf(ACCOUNT),
    environment: environmentOf(DEV_HOSTNAME),
    controlBucket,
  });
  return { id: ACCOUNT, region: REGION, controlBucket, imageId: IMAGE_ID, ...access };
};
