/** Sessions of a workspace's role, for whoever shows its token: what SDKs ask for again and again by themselves. */
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { LRUCache } from 'lru-cache';
import type { Aws } from '#aws/clients.ts';
import type { Control } from '#control/control.ts';
import { partitionOf } from '#domain/core/account.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { WorkspaceInput } from '#domain/workspace/input.ts';
import { workspaceNames } from '#domain/workspace/names.ts';

/** In the form of AWS's container credentials. */
export interface SessionCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  /** ISO time, without fractions of a second. */
  readonly Expiration: string;
}

export interface SessionsParts {
  readonly sts: Pick<Aws, 'sts'>['sts'];
  readonly tokens: Pick<Control['tokens'], 'knows'>;
  readonly read: (subject: SubjectRef) => Promise<WorkspaceInput | undefined>;
  /** 900 to 3,600: sessions of a role that was entered from another one last an hour at most. */
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Undefined where the token is none of this workspace's. @throws Unavailable where STS does not give a session. */
export type Sessions = (subject: SubjectRef, token: string) => Promise<SessionCredentials | undefined>;

/** Several processes of one workspace that ask at once get the same session: for so long, and no more than a twentieth of it. */
const SHARED_MS = 30_000;
const SHARED_PART = 20;
const SHARED_MAX = 1_000;

export const createSessions = ({ sts, tokens, read, seconds, now }: SessionsParts): Sessions => {
  const shared = new LRUCache<string, { readonly at: number; readonly session: Promise<SessionCredentials> }>({
    max: SHARED_MAX,
  });

  const enter = async (workspace: WorkspaceInput): Promise<SessionCredentials> => {
    const { account, hostname, user, workspaceId } = workspace;
    const { clientRole } = workspaceNames({ hostname, user, accountId: account.accountId });
    const RoleArn = `arn:${partitionOf(account.region)}:iam::${account.accountId}:role/${clientRole}`;
    // By the API's own credentials: the role is entered from where it is trusted, not through the account's.
    const { Credentials: given } = await sts({ ...account, roleArn: null, externalId: null })
      .send(new AssumeRoleCommand({ RoleArn, RoleSessionName: sessionName(workspaceId), DurationSeconds: seconds }))
      .catch((error: unknown) => {
        throw fail('Unavailable', `no session of ${workspaceId} can be had: ${codeOf(error)}`, {}, error as Error);
      });
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
      throw fail('Unavailable', `no session of ${workspaceId} can be had: STS gave none`);
    }
    return {
      AccessKeyId: given.AccessKeyId,
      SecretAccessKey: given.SecretAccessKey,
      Token: given.SessionToken,
      // The AWS CLI takes no fractions.
      Expiration: given.Expiration.toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  };

  return async (subject, token) => {
    if (!(await tokens.knows(subject, token))) return undefined;
    const workspace = await read(subject);
    if (!workspace) return undefined;
    const id = subjectId(subject);
    const held = shared.get(id);
    if (held && now() - held.at < Math.min(SHARED_MS, (seconds * 1000) / SHARED_PART)) return await held.session;
    const session = enter(workspace);
    shared.set(id, { at: now(), session });
    session.catch(() => shared.delete(id));
    return await session;
  };
};

/** As CloudTrail shows it beside the role. */
const sessionName = (workspaceId: string): string => workspaceId.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
