/** What the shared instance profile and those of one owner have in common. A profile holds at most one role. */
import {
  AddRoleToInstanceProfileCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  type InstanceProfile,
  ListInstanceProfilesCommand,
} from '@aws-sdk/client-iam';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, factsOf } from '#domain/core/failures.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { whenVisible } from '../shared/visible.ts';
import { assertSameName, isSameName } from './names.ts';

type Iam = AwsClient<IAMClient>;

export const findProfile = async (iam: Iam, name: string): Promise<InstanceProfile | undefined> => {
  const query = new GetInstanceProfileCommand({ InstanceProfileName: name });
  return (await iam.send(query).catch(ignoreNotFound))?.InstanceProfile;
};

/** The name is taken although no profile has it: by another spelling, or by a try whose answer was lost. */
export const refuseProfileClash = async (
  iam: Iam,
  wanted: { readonly name: string; readonly path: string },
): Promise<void> => {
  const all = await collect(async (Marker) => {
    const page = await iam.send(new ListInstanceProfilesCommand({ Marker }));
    return { items: page.InstanceProfiles, next: page.Marker };
  });
  const clash = all.find((each) => isSameName(each.InstanceProfileName, wanted.name));
  if (clash) assertSameName('instance profile', wanted, { name: clash.InstanceProfileName, path: clash.Path });
};

/** @throws NotYet while profile or role are not visible everywhere, and where the profile got a role meanwhile. */
export const addRoleToProfile = async (
  iam: Iam,
  { profile, role }: { readonly profile: string; readonly role: string },
  deps: Pick<ActivityDeps, 'timing'>,
): Promise<void> => {
  try {
    await whenVisible(`instance profile ${profile} or its role`, deps, () =>
      iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: profile, RoleName: role })),
    );
  } catch (error) {
    // It holds a role by now: somebody else's call, or an earlier one of ours that was not visible.
    if (codeOf(error) !== 'QuotaExceeded') throw error;
    throw lookAgain(`instance profile ${profile} got a role meanwhile`, deps, factsOf(error));
  }
};
