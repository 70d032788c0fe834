/**
 * Which IAM actions on which resources a call stands for. A service without a table, and an operation without a row,
 * are one action of the operation's name on `*`.
 */

import type { Call, World } from '../core/rule.ts';
import { batchActions } from '../services/batch/actions.ts';
import { ec2Actions } from '../services/ec2/actions.ts';
import { iamActions } from '../services/iam/actions.ts';
import { kmsActions } from '../services/kms/actions.ts';
import { s3Actions } from '../services/s3/actions.ts';
import { imageBuilderActions, quotaActions, ssmActions, stsActions } from './small-actions.ts';

export interface Check {
  /** For example `s3:GetObject`. */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  /** Condition keys besides those that every request has. */
  readonly context?: Readonly<Record<string, string | string[]>>;
  /** Enough as well. */
  readonly or?: Check;
}

/** undefined: no row for this operation. */
export type ActionsOf = (
  call: Call,
  world: World,
) => Promise<readonly Check[] | undefined> | readonly Check[] | undefined;

const TABLES: Readonly<Record<string, ActionsOf>> = {
  batch: batchActions,
  ec2: ec2Actions,
  iam: iamActions,
  imagebuilder: imageBuilderActions,
  kms: kmsActions,
  s3: s3Actions,
  servicequotas: quotaActions,
  ssm: ssmActions,
  sts: stsActions,
};

export const actionsOf = async (world: World, call: Call): Promise<readonly Check[]> =>
  (await TABLES[call.service]?.(call, world)) ?? [{ action: `${call.service}:${call.operation}`, resource: '*' }];
