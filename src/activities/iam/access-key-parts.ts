/** What making and removing access keys have in common. */
import {
  DeleteAccessKeyCommand,
  type IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import type { Intent } from '#control/intents.ts';
import { parseSubjectId, type SubjectRef } from '#domain/core/subject.ts';
import { fail } from '#domain/failures.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { Timing } from '#domain/timing.ts';
import { gone } from './gone.ts';

type Iam = AwsClient<IAMClient>;

export interface ListedKey {
  readonly accessKeyId: string;
  readonly active: boolean;
  /** ISO time. */
  readonly createdAt: string;
}

export const idsOf = ({ owner }: AccessKeySpec): SubjectRef => {
  const subject = parseSubjectId(owner.kind, owner.id);
  if (!subject) throw fail('Invalid', `${owner.id} is not the id of a ${owner.kind}`);
  return subject;
};

export const intentOf = ({ owner }: AccessKeySpec): string => `${owner.id}/${owner.run}/access-key`;

/** May a call of this intent have made a key that is not visible yet? */
export const isOpen = (intent: Intent | undefined, { propagationMs }: Timing): boolean =>
  intent !== undefined && !intent.settled && Date.now() < Date.parse(intent.at) + propagationMs;

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
export const deleteKey = (iam: Iam, UserName: string, AccessKeyId: string): Promise<void> =>
  gone(iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })));

/** Absent is success. */
export const deactivateKey = (iam: Iam, UserName: string, AccessKeyId: string): Promise<void> =>
  gone(iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' })));
