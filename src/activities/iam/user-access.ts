/**
 * Whatever else would let somebody in as the workspace's user, or give it more rights than its own policy: people add
 * such things by hand. A launch takes them away, in favour of least rights, and a disposal has to, since IAM deletes no
 * user that has one. A permissions boundary stays: it only takes rights away, and keeps no user from being deleted.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
 */
import {
  DeactivateMFADeviceCommand,
  DeleteLoginProfileCommand,
  DeleteServiceSpecificCredentialCommand,
  DeleteSigningCertificateCommand,
  DeleteSSHPublicKeyCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetLoginProfileCommand,
  GetUserPolicyCommand,
  type IAMClient,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListUserPoliciesCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import { gone } from './gone.ts';

type Iam = AwsClient<IAMClient>;

interface Page {
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

/** Of all pages. */
const all = async <P extends Page, Item>(
  ask: (page: { Marker?: string }) => Promise<P>,
  itemsOf: (page: P) => readonly (Item | undefined)[] | undefined,
): Promise<Item[]> => {
  const items: Item[] = [];
  let Marker: string | undefined;
  do {
    const page = await ask(Marker === undefined ? {} : { Marker });
    items.push(...(itemsOf(page) ?? []).filter((item) => item !== undefined));
    Marker = page.Marker;
  } while (Marker);
  return items;
};

export const attachedPolicies = (iam: Iam, UserName: string): Promise<string[]> =>
  all(
    (page) => iam.send(new ListAttachedUserPoliciesCommand({ UserName, ...page })),
    ({ AttachedPolicies }) => AttachedPolicies?.map(({ PolicyArn }) => PolicyArn),
  );

/** AWS attaches it to a user whose key has leaked: it takes rights away. */
const QUARANTINE = /^arn:[^:]+:iam::aws:policy\/AWSCompromisedKeyQuarantine/;

/** A document that can't be read, or says anything but no, gives rights. */
const onlyDenies = async (iam: Iam, UserName: string, PolicyName: string): Promise<boolean> => {
  const { PolicyDocument = '' } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName }));
  const { Statement } = JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement?: unknown };
  return [Statement].flat().every((one) => (one as { Effect?: unknown } | undefined)?.Effect === 'Deny');
};

export interface TakeRights {
  /** ARNs of policies that stay attached. */
  readonly keep: readonly string[];
  /** What only takes rights away stays, too: an inline policy of denials, AWS's own quarantine. */
  readonly keepDenials: boolean;
}

/** Policies other than those to keep, inline policies, and groups. */
export const takeRights = async (iam: Iam, UserName: string, { keep, keepDenials }: TakeRights): Promise<void> => {
  for (const PolicyArn of await attachedPolicies(iam, UserName)) {
    const stays = keep.includes(PolicyArn) || (keepDenials && QUARANTINE.test(PolicyArn));
    if (!stays) await gone(iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn })));
  }
  const inline = await all(
    (page) => iam.send(new ListUserPoliciesCommand({ UserName, ...page })),
    ({ PolicyNames }) => PolicyNames,
  );
  for (const PolicyName of inline) {
    if (keepDenials && (await onlyDenies(iam, UserName, PolicyName))) continue;
    await gone(iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })));
  }
  const groups = await all(
    (page) => iam.send(new ListGroupsForUserCommand({ UserName, ...page })),
    ({ Groups }) => Groups?.map(({ GroupName }) => GroupName),
  );
  for (const GroupName of groups) await gone(iam.send(new RemoveUserFromGroupCommand({ UserName, GroupName })));
};

const hasPassword = async (iam: Iam, UserName: string): Promise<boolean> => {
  try {
    return (await iam.send(new GetLoginProfileCommand({ UserName }))).LoginProfile !== undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
};

/** Console password, SSH keys, signing certificates, credentials of single services: all but access keys. */
export const takeCredentials = async (iam: Iam, UserName: string): Promise<void> => {
  if (await hasPassword(iam, UserName)) await gone(iam.send(new DeleteLoginProfileCommand({ UserName })));
  const sshKeys = await all(
    (page) => iam.send(new ListSSHPublicKeysCommand({ UserName, ...page })),
    ({ SSHPublicKeys }) => SSHPublicKeys?.map(({ SSHPublicKeyId }) => SSHPublicKeyId),
  );
  for (const SSHPublicKeyId of sshKeys) {
    await gone(iam.send(new DeleteSSHPublicKeyCommand({ UserName, SSHPublicKeyId })));
  }
  const certificates = await all(
    (page) => iam.send(new ListSigningCertificatesCommand({ UserName, ...page })),
    ({ Certificates }) => Certificates?.map(({ CertificateId }) => CertificateId),
  );
  for (const CertificateId of certificates) {
    await gone(iam.send(new DeleteSigningCertificateCommand({ UserName, CertificateId })));
  }
  const ofServices = await all(
    (page) => iam.send(new ListServiceSpecificCredentialsCommand({ UserName, ...page })),
    ({ ServiceSpecificCredentials }) =>
      ServiceSpecificCredentials?.map(({ ServiceSpecificCredentialId }) => ServiceSpecificCredentialId),
  );
  for (const ServiceSpecificCredentialId of ofServices) {
    await gone(iam.send(new DeleteServiceSpecificCredentialCommand({ UserName, ServiceSpecificCredentialId })));
  }
};

/** Gives no right, but keeps the user from being deleted. A virtual device itself stays, with whoever made it. */
export const releaseDevices = async (iam: Iam, UserName: string): Promise<void> => {
  const devices = await all(
    (page) => iam.send(new ListMFADevicesCommand({ UserName, ...page })),
    ({ MFADevices }) => MFADevices?.map(({ SerialNumber }) => SerialNumber),
  );
  for (const SerialNumber of devices) await gone(iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber })));
};
