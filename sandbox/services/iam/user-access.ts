/**
 * What a user can have besides policies, groups and access keys, all of which has to go before the user can.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
 */
import { randomBytes } from 'node:crypto';
import {
  GetLoginProfileCommand,
  IAMClient,
  ListMFADevicesCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
} from '@aws-sdk/client-iam';
import type { Call, Rule } from '../../core/call.ts';
import { IAM_HOME } from './contract.ts';
import { conflict, exceeded, type IamContext, noSuchEntity, text } from './rules.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const CREDENTIALS_PER_SERVICE = 2;

interface Credential {
  readonly account: string;
  readonly UserName: string;
  readonly ServiceName: string;
  readonly ServiceUserName: string;
  readonly ServiceSpecificCredentialId: string;
  readonly Status: 'Active';
  readonly CreateDate: string;
}

const isThere = async (asked: Promise<{ LoginProfile?: unknown }>): Promise<boolean> =>
  await asked.then(
    ({ LoginProfile }) => LoginProfile !== undefined,
    () => false, // NoSuchEntity
  );

export const userAccess = ({ world, snapshots }: IamContext) => {
  let credentials: Credential[] = [];
  const ofUser = ({ account }: Call, UserName: string) =>
    credentials.filter((one) => one.account === account && one.UserName === UserName);

  const mustExist = async (call: Call): Promise<string> => {
    const name = text(call, 'UserName');
    const { users } = await snapshots.of(call.account);
    if (!users.some(({ UserName }) => UserName === name))
      throw noSuchEntity(`The user with name ${name} cannot be found.`);
    return name;
  };

  const rules: Record<string, Rule> = {
    async CreateServiceSpecificCredential(call) {
      const UserName = await mustExist(call);
      const ServiceName = text(call, 'ServiceName');
      const has = ofUser(call, UserName).filter((one) => one.ServiceName === ServiceName);
      if (has.length >= CREDENTIALS_PER_SERVICE) {
        throw exceeded(`Cannot exceed quota for ServiceSpecificCredentialsPerUser: ${CREDENTIALS_PER_SERVICE}`);
      }
      const made: Credential = {
        account: call.account,
        UserName,
        ServiceName,
        ServiceUserName: `${UserName}-at-${call.account}`,
        ServiceSpecificCredentialId: `ACCA${randomBytes(8).toString('hex').toUpperCase()}`,
        Status: 'Active',
        CreateDate: new Date(world.now()).toISOString(),
      };
      credentials.push(made);
      const { account: _account, ...shown } = made;
      const ServicePassword = randomBytes(24).toString('base64');
      return world.answer(call, { ServiceSpecificCredential: { ...shown, ServicePassword } });
    },
    async ListServiceSpecificCredentials(call) {
      const name = await mustExist(call);
      const shown = ofUser(call, name).map(({ account: _account, ...one }) => one);
      return world.answer(call, { ServiceSpecificCredentials: shown });
    },
    async DeleteServiceSpecificCredential(call) {
      const id = text(call, 'ServiceSpecificCredentialId');
      const found = ofUser(call, await mustExist(call)).find((one) => one.ServiceSpecificCredentialId === id);
      if (!found) throw noSuchEntity(`Service specific credential with id ${id} cannot be found.`);
      credentials = credentials.filter((one) => one !== found);
      return world.answer(call, {});
    },
  };

  /** @throws DeleteConflict while the user has one of them. */
  const refuseWhileUsed = async (call: Call): Promise<void> => {
    const UserName = text(call, 'UserName');
    const iam: IAMClient = world.moto(IAMClient, call.account, IAM_HOME);
    const must = (what: string) => conflict(`Cannot delete entity, must ${what} first.`);
    if (await isThere(iam.send(new GetLoginProfileCommand({ UserName })))) throw must('delete login profile');
    const { MFADevices = [] } = await iam.send(new ListMFADevicesCommand({ UserName }));
    if (MFADevices.length > 0) throw must('delete MFA device');
    const { Certificates = [] } = await iam.send(new ListSigningCertificatesCommand({ UserName }));
    if (Certificates.length > 0) throw must('delete signing certificates');
    const { SSHPublicKeys = [] } = await iam.send(new ListSSHPublicKeysCommand({ UserName }));
    if (SSHPublicKeys.length > 0) throw must('delete ssh public keys');
    if (ofUser(call, UserName).length > 0) throw must('delete service specific credentials');
  };

  return { rules, refuseWhileUsed };
};
