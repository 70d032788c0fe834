/** Hatchery's launch in one call: launch or join, wait, claim. */
import { LRUCache } from 'lru-cache';
import { workspaceId } from '#domain/ids.ts';
import { escapeUser } from '#domain/names.ts';
import { canonicalJson } from '#domain/workspace/fingerprint.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { Principal } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { ClaimBy, ClaimedKey } from './claim.ts';
import { followWorkspace } from './follow.ts';
import type { LaunchRequest } from './request.ts';
import type { Located, Workspaces } from './workspaces.ts';

export interface AwaitLaunch {
  readonly principal: Principal;
  readonly request: LaunchRequest;
  readonly by: ClaimBy;
  readonly waitMs: number;
  /** Aborted when the caller has gone: a key is not handed out to nobody. */
  readonly signal: AbortSignal;
}

type Outcome = { readonly view: WorkspaceView; readonly key?: ClaimedKey };

/** Longer than any launch takes; proxies give up earlier anyway. */
const WAIT_SECONDS_MAX = 900;

/** For so long after it has ended, the next same call is told how a launch failed. Then it launches anew. */
const REPORT_WITHIN_MS = 10 * 60_000;

/** `Prefer: wait=N` in milliseconds. @see https://www.rfc-editor.org/rfc/rfc7240#section-4.3 */
export const parseWait = (prefer = ''): number => {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(prefer)?.[1];
  return Math.min(Number(seconds ?? 0), WAIT_SECONDS_MAX) * 1000;
};

/** @throws the problem of the launch where it failed. */
export const createAwaitLaunch = (workspaces: Workspaces, environment: string, lookEveryMs = 1_000) => {
  /** Calls that were answered before their launch had ended: should it fail, the same call again is to be told. */
  const untold = new LRUCache<string, true>({ max: 10_000, ttl: REPORT_WITHIN_MS });

  /** At rest, and of this very user: another one's name may escape to the same id. */
  const atRest = async ({ user = '' }: LaunchRequest): Promise<Located | undefined> => {
    const located = await workspaces.locate(workspaceId(environment, escapeUser(user)));
    return located && located.user === user && !located.run?.running ? located : undefined;
  };

  const claimAgain = async (request: LaunchRequest, by: ClaimBy): Promise<Outcome | undefined> => {
    const located = await atRest(request);
    if (!located) return undefined;
    const view = await workspaces.show(located);
    if (view.credential.state !== 'claimed') return undefined;
    try {
      return { view, key: await workspaces.claim(located, by) };
    } catch (error) {
      if (error instanceof ApiProblem) return undefined; // not this caller's answer: launch anew
      throw error;
    }
  };

  const tellFailure = async (request: LaunchRequest): Promise<void> => {
    const located = await atRest(request);
    if (!located) return;
    const view = await workspaces.show(located);
    if (view.error) throw failureOf(view);
  };

  return async ({ principal, request, by, waitMs, signal }: AwaitLaunch): Promise<Outcome> => {
    const call = canonicalJson({ caller: by.caller, request });
    if (untold.delete(call)) await tellFailure(request);
    const repeated = by.idempotencyKey === null ? undefined : await claimAgain(request, by);
    if (repeated) return repeated;

    const { id } = await workspaces.launch(principal, request);
    const first = await workspaces.authorise(principal, 'read', id);
    let view = await workspaces.show(first);
    if (view.operation !== null && waitMs > 0) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      for await (const next of followWorkspace(workspaces, first, lookEveryMs)(until)) view = next;
    }
    if (view.operation !== null || signal.aborted) {
      untold.set(call, true);
      return { view };
    }
    if (view.error && view.credential.state !== 'claimable') throw failureOf(view);
    return { view, key: await workspaces.claim(await workspaces.authorise(principal, 'read', id), by) };
  };
};

/** How a launch ended, for whom it was made. */
const failureOf = ({ id, error, phase, leftovers }: WorkspaceView): ApiProblem =>
  error
    ? new ApiProblem(error.code, error.detail, leftovers.length > 0 ? { leftovers } : {})
    : new ApiProblem('Conflict', `the launch of ${id} ended without a key: it is ${phase}`);
