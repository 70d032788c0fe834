/** Every way in which people can give the workspace's user more: a launch takes it away, and a disposal ends without help. */
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreateLoginProfileCommand,
  CreateServiceSpecificCredentialCommand,
  CreateVirtualMFADeviceCommand,
  DeleteUserCommand,
  EnableMFADeviceCommand,
  GetLoginProfileCommand,
  IAMClient,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  PutUserPolicyCommand,
  UploadSigningCertificateCommand,
  UploadSSHPublicKeyCommand,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { policyActivities } from '#activities/iam/policy.ts';
import { userActivities } from '#activities/iam/user.ts';
import { activityRig, attempt, BY_WORKSPACE, planFor } from '../../control/rig.ts';

type Give = (iam: IAMClient, UserName: string) => Promise<unknown>;

const document = (Effect: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Action: '*', Resource: '*' }] });

/** Made for this test, with a key that nobody kept. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUSnl//L4Tc1HK15WAwHqeLLBgJSgwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGcGVvcGxlMCAXDTI2MTEyODE2NDg0M1oYDzIxMjYxMTA0MTY0
ODQzWjARMQ8wDQYDVQQDDAZwZW9wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAThhR53gBc99LJG79rbMdT/9S+fKHG+DNRTZZv4naHt2KK/qN8JMyyQ+fuQZz9S
/yNcK90EYteddTlmYg/ZClSKo1MwUTAdBgNVHQ4EFgQUTyLEklbk2Wpc5G+1v3Gn
yPDJDzgwHwYDVR0jBBgwFoAUTyLEklbk2Wpc5G+1v3GnyPDJDzgwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAidq+U5pbfcd9YeI/KhK7vjs/uVy5
mqFN/q9KF4BKjcACIGZE7sFY9C1LVH6RkRAzl1XMvIP/G+so0Gj85n+Ekc+o
-----END CERTIFICATE-----`;

const GIFTS: Readonly<Record<string, Give>> = {
  'a policy of AWS': (iam, UserName) =>
    iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })),
  'an inline policy': (iam, UserName) =>
    iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'more', PolicyDocument: document('Allow') })),
  'a group': async (iam, UserName) => {
    await iam.send(new CreateGroupCommand({ GroupName: 'people' }));
    await iam.send(new AddUserToGroupCommand({ GroupName: 'people', UserName }));
  },
  'a console password': (iam, UserName) =>
    iam.send(new CreateLoginProfileCommand({ UserName, Password: 'Pass-word-1!' })),
  'an SSH key': (iam, UserName) =>
    iam.send(new UploadSSHPublicKeyCommand({ UserName, SSHPublicKeyBody: 'ssh-rsa AAAAB3NzaC1yc2E= people' })),
  'a signing certificate': (iam, UserName) =>
    iam.send(new UploadSigningCertificateCommand({ UserName, CertificateBody: CERTIFICATE })),
  'a credential of a service': (iam, UserName) =>
    iam.send(new CreateServiceSpecificCredentialCommand({ UserName, ServiceName: 'codecommit.amazonaws.com' })),
};

const rigOf = async (t: TestContext) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const { policy, user: spec } = planFor(rig)['client-user'];
  const { arn } = await attempt(policyActivities(rig.deps).ensurePolicy, [policy, 'arn:aws:kms:::key/1']);
  const activities = userActivities(rig.deps);
  await attempt(activities.ensureUser, [spec, [arn]]);
  /** The user with all that it has. */
  const look = async () => {
    const UserName = spec.name;
    const [password, ssh, certificates, ofServices] = await Promise.allSettled([
      iam.send(new GetLoginProfileCommand({ UserName })),
      iam.send(new ListSSHPublicKeysCommand({ UserName })),
      iam.send(new ListSigningCertificatesCommand({ UserName })),
      iam.send(new ListServiceSpecificCredentialsCommand({ UserName })),
    ]);
    return {
      user: (await rig.account.inventory()).filter(({ type }) => type === 'AWS::IAM::User'),
      password: password.status === 'fulfilled',
      ssh: ssh.status === 'fulfilled' && ssh.value.SSHPublicKeys?.length,
      certificates: certificates.status === 'fulfilled' && certificates.value.Certificates?.length,
      ofServices: ofServices.status === 'fulfilled' && ofServices.value.ServiceSpecificCredentials?.length,
    };
  };
  return { ...rig, iam, spec, policyArn: arn, look, ...activities };
};

test.concurrent.for(Object.entries(GIFTS))('%s goes with the next launch', async ([, give], t) => {
  const { iam, spec, policyArn, look, ensureUser } = await rigOf(t);
  const before = await look();
  await give(iam, spec.name);
  expect(await look()).not.toEqual(before);
  await attempt(ensureUser, [spec, [policyArn]]);
  expect(await look()).toEqual(before);
});

test.concurrent('with all of it, and a device, IAM deletes no user; a disposal takes it all away', async (t) => {
  const { iam, spec, account, deleteUser } = await rigOf(t);
  for (const give of Object.values(GIFTS)) await give(iam, spec.name);
  const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'people' }));
  await iam.send(
    new EnableMFADeviceCommand({
      UserName: spec.name,
      SerialNumber: VirtualMFADevice?.SerialNumber,
      AuthenticationCode1: '123456',
      AuthenticationCode2: '654321',
    }),
  );
  expect((await iam.send(new ListMFADevicesCommand({ UserName: spec.name }))).MFADevices).toHaveLength(1);
  const refused = iam.send(new DeleteUserCommand({ UserName: spec.name }));
  await expect(refused).rejects.toMatchObject({ name: 'DeleteConflictException' });
  await attempt(deleteUser, [spec, BY_WORKSPACE]);
  expect((await account.inventory()).filter(({ type }) => type === 'AWS::IAM::User')).toEqual([]);
});

test.concurrent('what only takes rights away outlives a launch', async (t) => {
  const { iam, spec, policyArn, look, ensureUser } = await rigOf(t);
  const UserName = spec.name;
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'less', PolicyDocument: document('Deny') }));
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2';
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  const before = await look();
  await attempt(ensureUser, [spec, [policyArn]]);
  expect(await look()).toEqual(before);
});
