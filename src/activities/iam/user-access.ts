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
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';

type Iam = AwsClient<IAMClient>;

export const attachedPolicies = (iam: Iam, UserName: string): Promise<string[]> =>
  collect(async (Marker) => {
    const page = await iam.send(new ListAttachedUserPoliciesCommand({ UserName, Marker }));
    return { items: page.AttachedPolicies?.flatMap(({ PolicyArn }) => PolicyArn ?? []), next: page.Marker };
  });

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
    if (!stays) await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn })).catch(ignoreNotFound);
  }
  const inline = await collect(async (Marker) => {
    const page = await iam.send(new ListUserPoliciesCommand({ UserName, Marker }));
    return { items: page.PolicyNames, next: page.Marker };
  });
  for (const PolicyName of inline) {
    if (keepDenials && (await onlyDenies(iam, UserName, PolicyName))) continue;
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })).catch(ignoreNotFound);
  }
  const groups = await collect(async (Marker) => {
    const page = await iam.send(new ListGroupsForUserCommand({ UserName, Marker }));
    return { items: page.Groups?.flatMap(({ GroupName }) => GroupName ?? []), next: page.Marker };
  });
  for (const GroupName of groups)
    await iam.send(new RemoveUserFromGroupCommand({ UserName, GroupName })).catch(ignoreNotFound);
};

const hasPassword = async (iam: Iam, UserName: string): Promise<boolean> => {
  const found = await iam.send(new GetLoginProfileCommand({ UserName })).catch(ignoreNotFound);
  return found?.LoginProfile !== undefined;
};

/** Console password, SSH keys, signing certificates, credentials of single services: all but access keys. */
export const takeCredentials = async (iam: Iam, UserName: string): Promise<void> => {
  if (await hasPassword(iam, UserName))
    await iam.send(new DeleteLoginProfileCommand({ UserName })).catch(ignoreNotFound);
  const sshKeys = await collect(async (Marker) => {
    const page = await iam.send(new ListSSHPublicKeysCommand({ UserName, Marker }));
    return { items: page.SSHPublicKeys?.flatMap(({ SSHPublicKeyId }) => SSHPublicKeyId ?? []), next: page.Marker };
  });
  for (const SSHPublicKeyId of sshKeys) {
    await iam.send(new DeleteSSHPublicKeyCommand({ UserName, SSHPublicKeyId })).catch(ignoreNotFound);
  }
  const certificates = await collect(async (Marker) => {
    const page = await iam.send(new ListSigningCertificatesCommand({ UserName, Marker }));
    return { items: page.Certificates?.flatMap(({ CertificateId }) => CertificateId ?? []), next: page.Marker };
  });
  for (const CertificateId of certificates) {
    await iam.send(new DeleteSigningCertificateCommand({ UserName, CertificateId })).catch(ignoreNotFound);
  }
  const ofServices = await collect(async (Marker) => {
    const page = await iam.send(new ListServiceSpecificCredentialsCommand({ UserName, Marker }));
    return {
      items: page.ServiceSpecificCredentials?.flatMap(
        ({ ServiceSpecificCredentialId }) => ServiceSpecificCredentialId ?? [],
      ),
      next: page.Marker,
    };
  });
  for (const ServiceSpecificCredentialId of ofServices) {
    await iam
      .send(new DeleteServiceSpecificCredentialCommand({ UserName, ServiceSpecificCredentialId }))
      .catch(ignoreNotFound);
  }
};

/** Gives no right, but keeps the user from being deleted. A virtual device itself stays, with whoever made it. */
export const releaseDevices = async (iam: Iam, UserName: string): Promise<void> => {
  const devices = await collect(async (Marker) => {
    const page = await iam.send(new ListMFADevicesCommand({ UserName, Marker }));
    return { items: page.MFADevices?.flatMap(({ SerialNumber }) => SerialNumber ?? []), next: page.Marker };
  });
  for (const SerialNumber of devices)
    await iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber })).catch(ignoreNotFound);
};
