/** What the policy of a bucket of ours denies. */
import { partitionOf } from '../core/account.ts';
import { KMS_KEY_PLACEHOLDER, type PolicyDocument, type Statement } from './policy-document.ts';

const SIDS = { algorithm: 'RequireKMSEncryption', key: 'RequireOwnKMSKey', tls: 'RequireTLS' } as const;

/** By these names our statements are known again among those of others. */
export const BUCKET_POLICY_SIDS: readonly string[] = Object.values(SIDS);

/**
 * The bucket's policy: TLS only, and no upload under another algorithm or key. An upload that names none gets the
 * bucket's own encryption: without the `Null` guard a negated operator is true for a header that isn't there, and every
 * plain upload would be refused.
 */
export const bucketPolicy = (parts: {
  readonly bucket: string;
  readonly accountId: string;
  readonly region: string;
  /** `alias/…`; null: whatever the encryption, only TLS is wanted. */
  readonly kmsAlias: string | null;
}): PolicyDocument => {
  const partition = partitionOf(parts.region);
  const arn = `arn:${partition}:s3:::${parts.bucket}`;
  const deny = { Effect: 'Deny', Principal: '*' } as const;
  const algorithm = 's3:x-amz-server-side-encryption';
  const key = 's3:x-amz-server-side-encryption-aws-kms-key-id';
  const encrypted = (alias: string): Statement[] => [
    {
      Sid: SIDS.algorithm,
      ...deny,
      Action: 's3:PutObject',
      Resource: `${arn}/*`,
      Condition: { StringNotEquals: { [algorithm]: 'aws:kms' }, Null: { [algorithm]: 'false' } },
    },
    {
      Sid: SIDS.key,
      ...deny,
      Action: 's3:PutObject',
      Resource: `${arn}/*`,
      Condition: {
        StringNotEquals: {
          [key]: [KMS_KEY_PLACEHOLDER, `arn:${partition}:kms:${parts.region}:${parts.accountId}:${alias}`, alias],
        },
        Null: { [key]: 'false' },
      },
    },
  ];
  return {
    Version: '2012-10-17',
    Statement: [
      ...(parts.kmsAlias === null ? [] : encrypted(parts.kmsAlias)),
      {
        Sid: SIDS.tls,
        ...deny,
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
};
