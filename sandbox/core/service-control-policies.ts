/** The policies of an account's organisation. */
import { z } from 'zod';
import { openQuestion } from './open-question.ts';

const Policy = z.strictObject({
  name: z.string().min(1),
  policy: z.record(z.string(), z.unknown()),
});

/** The organisation's policies for this account, beside `FullAWSAccess`. The account's root is above them here. */
export const SERVICE_CONTROL_POLICIES = openQuestion('serviceControlPolicies', z.array(Policy), []);
