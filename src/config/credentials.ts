/** Options of what the holder of a workspace is given. */
import { z } from 'zod';
import { CREDENTIAL_FORMS } from '#domain/workspace/credentials.ts';

const form = z.enum(CREDENTIAL_FORMS);

export const CredentialsConfig = z.strictObject({
  form: form
    .default('key')
    .describe(
      'An access key; or `refreshing`: a token for sessions that AWS SDKs renew by themselves; or `both`. A launch changes it.',
    ),
  profiles: z.record(z.string().min(1), form).default({}).describe('Another form for these profiles, by their names.'),
  sessionMinutes: z
    .int()
    .min(15)
    .max(60)
    .default(60)
    .describe('Length of a session. A role that is entered from another one allows an hour at most.'),
  enteredBy: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of an IAM role')
    .optional()
    .describe(
      "Role of the API, which workspaces' roles trust. Default: that of `api.assumeRole`, else of `aws.assumeRole`.",
    ),
});
