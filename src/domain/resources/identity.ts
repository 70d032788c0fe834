/** Policies, roles, users and their keys. */
import type { ResourceSpec, SharedSpec, Spec } from './spec.ts';

interface PolicyParts {
  readonly path: string;
  /** JSON text. May hold `{{kmsKeyArn}}`, which stands for the ARN of the key that it is made with. */
  readonly document: string;
}

export interface PolicySpec extends ResourceSpec, PolicyParts {}

export interface SharedPolicySpec extends SharedSpec, PolicyParts {}

interface RoleParts {
  readonly path: string;
  readonly trust: string;
  /** Policies of AWS that it carries besides those that a step gives it. */
  readonly managedPolicyArns?: readonly string[];
  /** Inline policies, JSON text by name. None else stays. */
  readonly inline?: Readonly<Record<string, string>>;
  /** ARN of a policy that bounds what it may be given. */
  readonly permissionsBoundary?: string;
  /** ARN of one that it had and is to have no more. Any other that is there stays. */
  readonly formerBoundary?: string;
}

export interface RoleSpec extends ResourceSpec, RoleParts {}

export interface SharedRoleSpec extends SharedSpec, RoleParts {}

export interface UserSpec extends ResourceSpec {
  readonly path: string;
}

/** The profile and its role have one name and stand under the root path. */
export interface InstanceProfileSpec extends SharedSpec {
  readonly managedPolicyArns: readonly string[];
  readonly trust: string;
}

/** Of one owner, with a role that its plan has beside it. */
export interface OwnInstanceProfileSpec extends ResourceSpec {
  readonly path: string;
  readonly roleName: string;
}

/** What a fresh key must be able to do before it is handed out. */
export type Probe =
  | { readonly lists: { readonly bucket: string; readonly prefix: string } }
  | { readonly describes: { readonly jobQueue: string } }
  /** STS knows whose it is. */
  | { readonly identifies: true }
  /** It may ask for the bucket, whether there is one yet or not. */
  | { readonly heads: { readonly bucket: string } };

export interface AccessKeySpec extends Spec {
  readonly userName: string;
  readonly probes: readonly Probe[];
  /**
   * The key that the record names stays, once it was claimed, and another one makes room only if nobody has used it for
   * so long, in milliseconds; 0: used or not. Left out: the older one makes room.
   */
  readonly keepsNamed?: { readonly unusedForMs: number };
  /** Other keys of the user never make room for it. */
  readonly keepsOthers?: true;
}
