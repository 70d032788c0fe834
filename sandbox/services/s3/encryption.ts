/**
 * SSE-KMS: the key has to exist and live, and the caller needs rights on the key as well as on the object.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
import type { KeyMetadata } from '@aws-sdk/client-kms';
import type { Answer, Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { KMS } from '../kms/contract.ts';
import type { Bucket } from './buckets.ts';

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = 'x-amz-server-side-encryption-aws-kms-key-id';

/** The key that a new object is encrypted with: that of the request, else the bucket's; undefined without KMS. */
const keyOfUpload = (call: Call, bucket: Bucket): { keyId?: string } | undefined => {
  const algorithm = call.request.headers[ALGORITHM];
  const keyId = call.request.headers[KEY_ID];
  if (algorithm === undefined) return bucket.kms;
  if (!algorithm.startsWith('aws:kms')) return undefined;
  return keyId === undefined ? (bucket.kms ?? {}) : { keyId };
};

const mustLive = async (world: World, bucket: Bucket, keyId: string): Promise<KeyMetadata> => {
  const [, , , region = bucket.region, account = bucket.account] = keyId.startsWith('arn:') ? keyId.split(':') : [];
  const key = await world.service(KMS).findKey(account, region, keyId);
  if (!key) throw new AwsError('KMS.NotFoundException', `Key '${keyId}' does not exist`);
  if (key.KeyState === 'PendingDeletion') {
    throw new AwsError('KMS.KMSInvalidStateException', `${key.Arn} is pending deletion.`);
  }
  if (key.KeyState === 'Disabled') throw new AwsError('KMS.DisabledException', `${key.Arn} is disabled.`);
  return key;
};

const mustUse = async (world: World, call: Call, key: KeyMetadata, action: string): Promise<void> => {
  // Everybody in the account may use the key that AWS manages for S3.
  if (key.KeyManager === 'AWS') return;
  await world.mustBeAllowed(call, {
    action,
    resource: key.Arn ?? '',
    context: { 'kms:ViaService': `s3.${call.region}.amazonaws.com`, 'kms:CallerAccount': call.caller.account },
  });
};

/** Before an upload. @throws KMS.NotFoundException, KMS.KMSInvalidStateException, KMS.DisabledException, AccessDenied */
export const checkUploadKey = async (world: World, call: Call, bucket: Bucket): Promise<void> => {
  const { keyId } = keyOfUpload(call, bucket) ?? {};
  if (keyId === undefined || keyId.includes('alias/aws/')) return;
  await mustUse(world, call, await mustLive(world, bucket, keyId), 'kms:GenerateDataKey');
};

/** Before an object's content is handed out. `answer`: moto's, which tells the key. @throws as above */
export const checkDownloadKey = async (world: World, call: Call, bucket: Bucket, answer: Answer): Promise<void> => {
  const keyId = answer.headers[KEY_ID];
  if (answer.status >= 300 || !keyId || !answer.headers[ALGORITHM]?.startsWith('aws:kms')) return;
  if (keyId.includes('alias/aws/')) return;
  await mustUse(world, call, await mustLive(world, bucket, keyId), 'kms:Decrypt');
};
