/** What IAM offers to the services that hand roles on, check principals or weigh policies. */
import type {
  GroupDetail,
  InstanceProfile,
  ManagedPolicyDetail,
  Role,
  RoleDetail,
  Tag,
  UserDetail,
} from '@aws-sdk/client-iam';
import type { Call, Caller } from '../../core/call.ts';
import type { NamedPolicy } from '../../core/check.ts';
import { contract } from '../../core/contract.ts';

export type RoleEntry = RoleDetail & Pick<Role, 'Description' | 'MaxSessionDuration'>;
export type PolicyEntry = ManagedPolicyDetail & { readonly Tags?: Tag[] | undefined };
export type ProfileEntry = InstanceProfile;

export interface IamSnapshot {
  readonly users: readonly UserDetail[];
  readonly roles: readonly RoleEntry[];
  readonly groups: readonly GroupDetail[];
  /** Customer-managed ones only. */
  readonly policies: readonly PolicyEntry[];
  readonly profiles: readonly ProfileEntry[];
}

export interface Snapshots {
  of(account: string): Promise<IamSnapshot>;
  /** After a change that succeeded: applied where it can be, else everything is read again when it is asked for. */
  apply(call: Call, result: () => Record<string, unknown>): Promise<void>;
  drop(account: string): void;
  /** The default version of any managed policy, AWS's own included; undefined when there is none of this ARN. */
  document(account: string, policyArn: string): Promise<unknown>;
}

/** Which policies speak for a caller. */
export interface Principal {
  readonly policies: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy | undefined;
  /** What `aws:userid` shows. */
  readonly userId: string;
  /** ARN of the user or of the role behind the session. */
  readonly arn: string;
  readonly tags: readonly Tag[];
  /** Some policy asks for a tag of the resource, so the resource's tags have to be looked up. */
  readonly asksForResourceTags: boolean;
  /** Some policy looks at the clock, so that no verdict is for good. */
  readonly asksForTime: boolean;
}

export interface Iam {
  /** When a role can be assumed or passed, in ms since the epoch; undefined for one that does not exist. */
  roleReadyAt(account: string, name: string): number | undefined;
  /** When an instance profile is known to other services; undefined as above. */
  profileReadyAt(account: string, name: string): number | undefined;
  /** When EC2 sees the role that the profile has. */
  profileRoleReadyAt(account: string, name: string): number | undefined;
  /** The account's users, roles and policies, for evaluation. */
  readonly snapshots: Snapshots;
  /** Cached until IAM changes in the account. */
  principalOf(caller: Caller): Promise<Principal>;
  /** Whether a principal that a policy names is there. Accounts are not checked: every 12-digit number is one. */
  principalExists(principal: string): Promise<boolean>;
  /** The roles inside an instance profile, named by ARN or name; a bare role ARN stands for itself. */
  rolesOfProfile(account: string, profile: string): Promise<string[]>;
  /** Notes for GetAccessKeyLastUsed that a key signed this call. */
  keyUsed(call: Call): void;
}

export const IAM = contract<Iam>('iam');

/** IAM has no region; its own endpoint stands here. */
export const IAM_HOME = 'us-east-1';

/** The root of an account may do everything in it; what other accounts own still has to let it in. */
export const ROOT_POLICY: NamedPolicy = {
  name: 'root',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

/** IAM returns documents percent-encoded in some answers and plain in others. */
export const parseDocument = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(decodeURIComponent(text));
    } catch {
      return undefined;
    }
  }
};
