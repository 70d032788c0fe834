/**
 * Customer-managed policies and their versions.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
 */

import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { IamSnapshot } from './contract.ts';
import { checkManaged } from './documents.ts';
import { required, sameName } from './names.ts';
import { conflict, exists, type IamContext, noSuchEntity, read, text, write } from './rules.ts';

const attachedTo = ({ users, roles, groups }: IamSnapshot, arn: string): boolean =>
  [...users, ...roles, ...groups].some(({ AttachedManagedPolicies }) =>
    AttachedManagedPolicies?.some(({ PolicyArn }) => PolicyArn === arn),
  );

const nameOf = (arn: string | undefined): string => arn?.split('/').at(-1) ?? '';

export const policyRules = (context: IamContext): Record<string, Rule> => {
  const { snapshots, world } = context;

  /** AWS's own policies can be read by everybody and changed by nobody. */
  const owned = async (call: Call) => {
    const arn = text(call, 'PolicyArn');
    if (arn.startsWith('arn:aws:iam::aws:')) {
      throw new AwsError('AccessDenied', `Policy ${arn} is managed by AWS and cannot be changed.`, 403);
    }
    const snapshot = await snapshots.of(call.account);
    const policy = snapshot.policies.find(({ Arn }) => Arn === arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
    return { policy, attached: attachedTo(snapshot, arn) };
  };

  return {
    CreatePolicy: write(context, {
      before: async (call) => {
        required(call.params, 'PolicyName', 'PolicyDocument');
        const name = text(call, 'PolicyName');
        const { policies } = await snapshots.of(call.account);
        // Unique over all paths, whatever the case.
        if (policies.some(({ Arn }) => sameName(nameOf(Arn), name))) {
          throw exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
        }
        await checkManaged(text(call, 'PolicyDocument'));
        return undefined;
      },
    }),
    DeletePolicy: write(context, {
      before: async (call) => {
        const { policy, attached } = await owned(call);
        if (attached) throw conflict('Cannot delete a policy attached to entities.');
        if ((policy.PolicyVersionList?.length ?? 0) > 1) {
          throw conflict(
            'This policy has more than one version. Before you delete a policy, you must delete the ' +
              "policy's versions. The default version is deleted with the policy.",
          );
        }
        return undefined;
      },
    }),
    CreatePolicyVersion: write(context, {
      before: async (call) => {
        await owned(call);
        await checkManaged(text(call, 'PolicyDocument'));
        return undefined;
      },
    }),
    DeletePolicyVersion: write(context, {
      before: async (call) => {
        const { policy } = await owned(call);
        const version = text(call, 'VersionId');
        if (!policy.PolicyVersionList?.some(({ VersionId }) => VersionId === version)) {
          throw noSuchEntity(
            `Policy ${text(call, 'PolicyArn')} version ${version} does not exist or is not attachable.`,
          );
        }
        return undefined;
      },
    }),
    SetDefaultPolicyVersion: write(context, {
      before: async (call) => {
        await owned(call);
        return undefined;
      },
    }),
    TagPolicy: write(context),
    UntagPolicy: write(context),
    GetPolicy: read(),
    /** AWS encodes every document that it returns; moto forgets it here. */
    GetPolicyVersion: async (call, forward) => {
      const answer = await read()(call, forward);
      if (answer.status >= 300) return answer;
      const { PolicyVersion } = world.decode(call, answer) as { PolicyVersion: { Document?: string } };
      const { Document = '' } = PolicyVersion;
      if (Document.startsWith('%7B')) return answer;
      return world.answer(call, { PolicyVersion: { ...PolicyVersion, Document: encodeURIComponent(Document) } });
    },
  };
};
