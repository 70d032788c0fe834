/** Makes an account of the sandbox ready: what an operator does once in a real one. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { environmentOf } from '#domain/names.ts';
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
const REGION = 'us-east-1';
/** In the sandbox the account's number and this word are its root. */
const ROOT_SECRET = 'sandbox';
const IMAGE = {
  id: 'ami-0e1e5a1d2023ec500',
  name: 'al2023-ami-ecs-hvm-2023.0.eyrie-dev-x86_64',
  architecture: 'x86_64',
};

export const prepareAccount = async (aws: string): Promise<DevAccount> => {
  const root = { accessKeyId: ACCOUNT, secretAccessKey: ROOT_SECRET };
  const controlBucket = `eyrie-control-${ACCOUNT}`;
  // A copy: the SDK writes into the object that it is given.
  const s3 = new S3Client({ endpoint: aws, region: REGION, credentials: { ...root }, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: controlBucket }));
  await seedImage(aws);
  const access = await makeRoles({
    endpoint: aws,
    region: REGION,
    accountId: ACCOUNT,
    root,
    environment: environmentOf(DEV_HOSTNAME),
    controlBucket,
  });
  return { id: ACCOUNT, region: REGION, controlBucket, imageId: IMAGE.id, ...access };
};

/** The image that the profile `nextflow` names. */
const seedImage = async (aws: string): Promise<void> => {
  const answer = await fetch(`${aws}/_sandbox/accounts/${ACCOUNT}/images`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ images: [IMAGE], pipelines: [] }),
  });
  if (!answer.ok) throw new Error(`the sandbox refused the machine image: status ${answer.status}`);
};
