/** Hatchery's launch in one call: launch or join, wait, claim. */
import type { Start } from '#control/starts.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { escapeUser } from '#domain/core/escaping.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { ControlStore } from '../ports.ts';
import type { Principal } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import { followSubject } from '../subjects/follow.ts';
import type { ClaimBy, ClaimedKey } from './claim.ts';
import type { LocatedWorkspace } from './kind.ts';
import type { LaunchIntent } from './launch.ts';
import type { LaunchRequest } from './request.ts';
import type { Workspaces } from './workspaces.ts';

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

export interface AwaitLaunchDeps {
  readonly workspaces: Workspaces;
  readonly starts: ControlStore['starts'];
  /** H */
  readonly environment: string;
  readonly lookEveryMs?: number | undefined;
  /** Aborted when nobody is to wait on this process any longer. Default: never. */
  readonly ending?: AbortSignal | undefined;
  /** Default: the clock. */
  readonly now?: () => number;
}

/**
 * One launch has one outcome, and every call that asked for it gets it: who began or joined it is on record, so that
 * the same call made again, by whatever tab and at whatever process, does not launch once more.
 * @throws the problem of the launch where it failed.
 */
export const createAwaitLaunch = ({
  workspaces,
  starts,
  environment,
  lookEveryMs = 1_000,
  ending,
  now = Date.now,
}: AwaitLaunchDeps) => {
  /** What this call is known to have asked for before. @throws how that launch failed, or that it is over. */
  const recall = async (
    { user = '' }: LaunchRequest,
    { subject, call, keyed, beganAt }: Caller,
  ): Promise<Start | undefined> => {
    const found = await starts.read(subject, call);
    const start = found?.toldAt !== undefined && Date.parse(found.toldAt) <= beganAt ? undefined : found;
    const located = start && (await workspaces.locate(subjectId(subject)));
    // Another user's name may escape to the same id.
    if (!located || located.user !== user || located.run?.running) return start;
    const view = await workspaces.show(located);
    if (start.runId !== null && located.run?.runId === start.runId) {
      if (view.phase === 'running' && !view.error) return start;
      if (now() - Date.parse(located.run.closedAt ?? view.updatedAt) > REPORT_WITHIN_MS) return undefined;
      await starts.tell(subject, call, start);
      throw failureOf(view);
    }
    if (keyed && (view.phase === 'parked' || view.phase === 'disposed')) throw over(view);
    return start;
  };

  /** A removal that is under way is waited for: the user pressed *launch* right after *terminate*. */
  const launchWhenFree = async (
    { principal, request }: AwaitLaunch,
    intent: LaunchIntent,
    until: AbortSignal,
  ): Promise<{ id: string; started: boolean }> => {
    const id = subjectId(workspaceSubject({ environment, escapedUser: escapeUser(request.user ?? '') }));
    for (;;) {
      try {
        return await workspaces.launch(principal, request, intent);
      } catch (error) {
        const located = isInProgress(error) ? await workspaces.locate(id) : undefined;
        const view = located && (await workspaces.show(located));
        if (!located || !view || !isGoing(view)) throw error;
        if (until.aborted) throw comeBack(error as ApiProblem);
        for await (const _ of followSubject({ ...workspaces, everyMs: lookEveryMs }, located)(until));
      }
    }
  };

  return async (asked: AwaitLaunch): Promise<Outcome> => {
    const beganAt = now();
    const { principal, request, by, waitMs, signal } = asked;
    const time = waitMs > 0 ? AbortSignal.timeout(waitMs) : AbortSignal.abort();
    const until = AbortSignal.any([signal, time, ...(ending ? [ending] : [])]);
    const subject = workspaceSubject({ environment, escapedUser: escapeUser(request.user ?? '') });
    const keyed = by.idempotencyKey !== null;
    const call = canonicalJson({ caller: by.caller, ...(keyed ? { key: by.idempotencyKey } : { request }) });
    const known = await recall(request, { subject, call, keyed, beganAt });

    const { id, started } = await launchWhenFree(asked, keyed && !known ? 'relaunch' : 'join', until);
    const first = await workspaces.authorise(principal, 'read', id);
    const joined = first.run && (started || first.run.running) ? first.run.runId : null;
    if (!known || (joined !== null && joined !== known.runId)) await starts.write(subject, call, joined);

    let view = await workspaces.show(first);
    if (view.operation !== null) {
      for await (const next of followSubject({ ...workspaces, everyMs: lookEveryMs }, first)(until)) view = next;
    }
    if (view.operation !== null || signal.aborted) return { view };
    if (joined !== null && (view.error || view.phase !== 'running') && view.credential.state !== 'claimable') {
      await starts.tell(subject, call, { runId: joined, at: known?.at ?? new Date(beganAt).toISOString() });
      throw failureOf(view);
    }
    return { view, key: await claim(await workspaces.authorise(principal, 'read', id), by.caller) };
  };

  /** The key is what an answer can be had again by: all that joined its launch get the same one. */
  async function claim(located: LocatedWorkspace, caller: string): Promise<ClaimedKey> {
    const idempotencyKey = `key ${(located.record?.key ?? located.record?.token)?.id ?? ''}`;
    return workspaces.claim(located, { caller, idempotencyKey }).catch((error: unknown) => {
      if (!(error instanceof ApiProblem) || error.code !== 'AlreadyClaimed') throw error;
      throw new ApiProblem(
        'AlreadyClaimed',
        `the key of ${located.id} was already handed out: launch again with another Idempotency-Key for a new key`,
      );
    });
  }
};

const isInProgress = (error: unknown): error is ApiProblem =>
  error instanceof ApiProblem && error.code === 'OperationInProgress';

/** It is being taken away, by a removal or because somebody terminated its launch. */
const isGoing = ({ operation, phase }: WorkspaceView): boolean =>
  operation !== null && (operation.type === 'terminateWorkspace' || phase === 'parking' || phase === 'disposing');

/** Seconds after which the same call is worth making again. */
export const RETRY_AFTER_SECONDS = '5';

const comeBack = ({ code, message, extras }: ApiProblem): ApiProblem =>
  new ApiProblem(code, message, { ...extras, headers: { ...extras.headers, 'retry-after': RETRY_AFTER_SECONDS } });

interface Caller {
  readonly subject: SubjectRef;
  readonly call: string;
  /** With an Idempotency-Key: the call stands for one workspace start. */
  readonly keyed: boolean;
  /** When this call came: of equal ones at once, none is told of a failure that another has not been told of. */
  readonly beganAt: number;
}

const over = ({ id, phase }: WorkspaceView): ApiProblem =>
  new ApiProblem(
    'LaunchOver',
    `the launch that this call asked for is over, and ${id} is now ${phase}: launch again with another Idempotency-Key`,
  );

/** How a launch ended, for whom it was made. */
const failureOf = ({ id, error, phase, leftovers }: WorkspaceView): ApiProblem =>
  error
    ? new ApiProblem(error.code, error.detail, leftovers.length > 0 ? { leftovers } : {})
    : new ApiProblem('LaunchOver', `the launch of ${id} ended without a key: the workspace is ${phase}`);
