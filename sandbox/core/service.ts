/** A service: a folder below `services` that exports one of these, and a line in `services/list.ts`. */
import type { z } from 'zod';
import type { Answer, Call, Rule } from './call.ts';
import type { Check, Denial, ResourceOwner } from './check.ts';
import type { AwsError } from './error.ts';
import type { Limit, Quota } from './limit.ts';
import type { OpenQuestion } from './open-question.ts';
import type { World } from './world.ts';

/** `type` in CloudFormation's names. No times and no counters, so that two inventories compare. */
export interface InventoryItem {
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
  readonly region: string;
  readonly state: string | null;
  readonly tags: Record<string, string>;
  readonly details: Record<string, unknown>;
}

/** Which IAM actions on which resources a call stands for; undefined: one action of its name, on `*`. */
export type ActionsOf = (
  call: Call,
  world: World,
) => Promise<readonly Check[] | undefined> | readonly Check[] | undefined;

export interface AdminRoute {
  /** What its body looks like: another one is refused before `seed` sees it. */
  readonly body: z.ZodType;
  seed(account: string, body: unknown): Promise<unknown>;
}

export const adminRoute = <Body>(
  body: z.ZodType<Body>,
  seed: (account: string, body: Body) => Promise<unknown>,
): AdminRoute => ({ body, seed: (account, given) => seed(account, given as Body) });

export type Failure = readonly [code: string, status: number, message: string];

/** How a service says what every service says. What is left out follows from its protocol. */
export interface ServiceErrors {
  readonly throttle?: Failure;
  readonly denied?: Failure;
  readonly internal?: Failure;
}

/** All but `service` and `rules` may be left out. */
export interface ServiceModule {
  /** As in a credential scope: batch, ec2, servicequotas, elasticfilesystem … */
  readonly service: string;
  /** By operation. */
  readonly rules: Readonly<Record<string, Rule>>;
  readonly actions?: ActionsOf;
  /** The tags that a resource of this service has now, in any of AWS's spellings. */
  tagsOf?(call: Call, arn: string): Promise<unknown>;
  /** Its own condition key for them, besides `aws:ResourceTag`: for example `ec2:ResourceTag`. */
  readonly tagCondition?: string;
  /** Who owns a resource of this service. Default: the account in its ARN, without a policy. */
  ownerOf?(call: Call, arn: string): Promise<ResourceOwner> | ResourceOwner;
  /** Everything of this service that exists in the account, over all regions that were used. */
  inventory?(account: string): Promise<InventoryItem[]>;
  /** Admin routes of this service below /_sandbox/accounts/{id}/…, for example `POST images`. */
  readonly admin?: Readonly<Record<string, AdminRoute>>;
  /** Numbers that an account can be given. */
  readonly limits?: readonly Limit[];
  /** What Service Quotas says of this service. */
  readonly quotas?: readonly Quota[];
  readonly questions?: readonly OpenQuestion<unknown>[];
  /** The service knows the flag `DryRun`; `looking`: operations that check their parameters before they obey it. */
  readonly dryRun?: { readonly looking: ReadonlySet<string> };
  readonly errors?: ServiceErrors;
  /** A denial in words of its own. */
  denied?(call: Call, denial: Denial): AwsError;
  /** moto's answers in AWS's words. */
  reword?(call: Call, answer: Answer): Answer;
  /** What its contract promises to other services. */
  readonly offers?: unknown;
}

export type CreateModule = (world: World) => ServiceModule;
