/** Options of compute environments. */
import { z } from 'zod';
import { isNamePrefix, NAME_PREFIX_DEFAULT, NAME_PREFIX_MAX } from '#domain/compute/names.ts';

const Account = z.strictObject({
  accountId: z.string().regex(/^\d{12}$/, '12 digits'),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of an IAM role')
    .describe('Role that the worker enters there.'),
  externalId: z.string().min(2).max(1224).nullable().default(null).describe('External id for that role.'),
});

export const ComputeConfig = z.strictObject({
  namePrefix: z
    .string()
    .refine(isNamePrefix, `letters, digits, dashes and underscores, at most ${NAME_PREFIX_MAX}`)
    .default(NAME_PREFIX_DEFAULT)
    .describe('What the names of all that is made begin with. What is there already keeps its names.'),
  accounts: z
    .array(Account)
    .default([])
    .describe(
      'Accounts, besides Eyrie’s own, that compute environments may be made in. No other role is entered for them.',
    ),
  clients: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Clients (`azp` of a token without a user) that may deal with compute environments: with all of them, and with nothing else unless `auth.serviceClients` lists them, too.',
    ),
  drainMinutes: z
    .int()
    .min(1)
    .max(43_200)
    .default(1_440)
    .describe(
      'How long jobs may take to end when what they run on is deleted or replaced. Those that run still are terminated then.',
    ),
});
