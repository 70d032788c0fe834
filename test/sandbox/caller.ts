/** A user with just these rights, for tests of what a call needs. */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import type { SandboxAccount } from '../support/sandbox.ts';
import type { Rig } from './batch-rig.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: object;
}

export interface LimitedCaller {
  /** For the constructor of an SDK client. */
  readonly client: SandboxAccount['client'];
  /** Replaces all rights. */
  allow(...statements: Statement[]): Promise<void>;
}

export const limitedCaller = async ({ iam, account }: Rig, UserName = 'limited'): Promise<LimitedCaller> => {
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const PolicyName = 'rights';
  return {
    client: {
      ...account.client,
      credentials: {
        accessKeyId: AccessKey?.AccessKeyId ?? '',
        secretAccessKey: AccessKey?.SecretAccessKey ?? '',
      },
    },
    async allow(...statements) {
      if (statements.length === 0) {
        await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
        return;
      }
      const Statement = statements.map((each) => ({ Effect: 'Allow', Resource: '*', ...each }));
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
    },
  };
};

/** The right that a call was refused for; undefined for one that was allowed, or refused for something else. */
export const missingRight = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    return /not authorized to perform: (\S+)/.exec((error as Error).message)?.[1];
  }
};

/** What is missing, right after right, until the call passes. */
export const rightsNeeded = async (caller: LimitedCaller, call: () => Promise<unknown>): Promise<string[]> => {
  const rights: string[] = [];
  for (;;) {
    const missing = await missingRight(call());
    if (missing === undefined || rights.includes(missing)) return rights;
    rights.push(missing);
    await caller.allow({ Action: rights });
  }
};
