/** What making and removing access keys have in common. */
import {
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  type IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { type IntentRef, runIntent } from '#domain/core/intent.ts';
import { subjectOf } from '#domain/core/ownership.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';

type Iam = AwsClient<IAMClient>;

export interface ListedKey {
  readonly accessKeyId: string;
  readonly active: boolean;
  /** ISO time. */
  readonly createdAt: string;
}

export const idsOf = ({ owner }: AccessKeySpec): SubjectRef => subjectOf(owner);

export const intentOf = ({ owner }: AccessKeySpec): IntentRef => runIntent(owner, 'access-key');

/** Oldest first. @throws NotFound where there is no such user. */
export const listKeys = async (iam: Iam, UserName: string): Promise<ListedKey[]> => {
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
  return AccessKeyMetadata.map(({ AccessKeyId = '', Status, CreateDate }) => ({
    accessKeyId: AccessKeyId,
    active: Status === 'Active',
    createdAt: (CreateDate ?? new Date(0)).toISOString(),
  })).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
};

/** Absent is success. */
export const deleteKey = async (iam: Iam, UserName: string, AccessKeyId: string): Promise<void> => {
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })).catch(ignoreNotFound);
};

/** Absent is success. */
export const deactivateKey = async (iam: Iam, UserName: string, AccessKeyId: string): Promise<void> => {
  await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' })).catch(ignoreNotFound);
};

/** When and for what it was last used within this time; undefined where it was not. IAM learns of a use hours later. */
export const usedWithin = async (iam: Iam, AccessKeyId: string, withinMs: number): Promise<string | undefined> => {
  const { AccessKeyLastUsed: last } = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }));
  const used = last?.LastUsedDate;
  return used && used.getTime() > Date.now() - withinMs ? `${last.ServiceName} at ${used.toISOString()}` : undefined;
};
