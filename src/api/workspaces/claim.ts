/** Hands a secret out, once. */
import { containerVariables } from '#domain/workspace/credentials.ts';
import type { ControlStore } from '../ports.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from '../subjects/enrich.ts';
import { claimOf } from './credential.ts';
import type { LocatedWorkspace } from './kind.ts';

export interface ClaimedKey {
  /** Left out where the holder is given sessions alone. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region: string;
  /** For sessions; left out where the holder is given a key alone. */
  readonly token?: string;
}

/** As a caller is given it: for the token, the variables by which SDKs find what it stands for. */
export const renderClaim = ({ token, ...key }: ClaimedKey, api: string, id: string) => ({
  ...key,
  ...(token !== undefined && {
    environment: containerVariables(`${api}/v1/workspaces/${encodeURIComponent(id)}/aws-credentials`, token),
  }),
});

export interface ClaimBy {
  /** As authenticated. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
}

export type ClaimKey = (located: LocatedWorkspace, by: ClaimBy) => Promise<ClaimedKey>;

/** @throws NotReady while there is no key to hand out; AlreadyClaimed once it was handed out. */
export const createClaim =
  (credentials: Pick<ControlStore['credentials'], 'claim'>): ClaimKey =>
  async ({ id, record, run }, by) => {
    if (run?.running || record?.phase !== 'running') {
      const state = run?.running ? `${run.type} is in progress` : `it is ${record?.phase ?? 'failed'}`;
      throw notReady(id, state, run?.running ? operationOf(run) : null);
    }
    const answer = await claimOf(credentials, record, by);
    switch (answer.state) {
      case 'claimed':
        return {
          ...answer.secret,
          region: record.workspace.account.region,
          ...(answer.token !== undefined && { token: answer.token }),
        };
      case 'not-ready':
        throw notReady(id, 'it has no key', null);
      case 'gone':
        throw new ApiProblem(
          'AlreadyClaimed',
          `the key of ${id} was already handed out; \`eyrie rotate ${id}\` makes another one`,
        );
    }
  };

const notReady = (id: string, state: string, operation: ReturnType<typeof operationOf> | null): ApiProblem =>
  new ApiProblem('NotReady', `${id} has no key to hand out: ${state}`, { operation });
