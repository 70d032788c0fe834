/** Whether something that was made is still what it was made to be, asked of whatever makes it. */
import { dryRun, NotMade } from '#aws/dry-run.ts';
import { codeOf, type FailureCode } from '#domain/core/failures.ts';
import type { ActivityDeps } from '../deps.ts';
import { differencesOf } from './differences.ts';
import { exchangesInstances } from './exchange.ts';

/** How far it is from what it should be. */
export interface Drift {
  /** In words, each with what is and what should be. */
  readonly differences: readonly string[];
  /** It is not there at all, or something of it is not. */
  readonly lacks: string | null;
  /** Made good, Batch exchanges instances under the jobs that run on them. */
  readonly exchangesInstances: boolean;
  /** What the activity has answered. Null where it can't be known: what is not there, or changes right now. */
  readonly answer: { readonly result: unknown } | null;
}

type Activity = (...args: readonly never[]) => Promise<unknown>;

/** What a repair would come to, too: it is told, and goes on with nothing. */
const TOLD: readonly FailureCode[] = ['Conflict', 'Invalid', 'DisposeFirst'];

/** It changes right now, or somebody else tells what is wrong with it. */
const UNTOLD: readonly FailureCode[] = ['NotYet', 'AlreadyExists', 'ComputeEnvironmentInvalid'];

/** @param activitiesWith all activities, with the AWS that they are to use */
export const driftActivities = (
  deps: ActivityDeps,
  activitiesWith: (deps: ActivityDeps) => Readonly<Record<string, unknown>>,
) => ({
  /**
   * One look by an `ensure…` or `await…` activity that may change nothing. @throws whatever keeps it from looking
   */
  async observeDrift(activity: string, args: readonly unknown[]): Promise<Drift> {
    const { aws, writes } = dryRun(deps.aws);
    const act = activitiesWith({ ...deps, aws })[activity] as Activity | undefined;
    if (!act || !/^(ensure|await)/.test(activity)) throw new Error(`${activity} is not for a look alone`);
    const what = thingOf(activity, args[0]);
    const told = (): string[] => writes.flatMap(differencesOf).map((difference) => `${what}: ${difference}`);
    const looked = (): Drift => ({
      differences: told(),
      lacks: null,
      exchangesInstances: exchangesInstances(activity, writes),
      answer: null,
    });
    try {
      const result = await act(...(args as never[]));
      return { ...looked(), answer: { result: result ?? null } };
    } catch (error) {
      if (error instanceof NotMade) {
        const exchanges = exchangesInstances(activity, writes, error.operation);
        return { ...looked(), lacks: lackOf(what, error), exchangesInstances: exchanges };
      }
      const code = codeOf(error);
      if (UNTOLD.includes(code)) return looked();
      if (TOLD.includes(code)) return { ...looked(), differences: [...told(), (error as Error).message] };
      throw error;
    }
  },
});

/** `ensureOwnSecurityGroup` of one called x → "security group x". */
const thingOf = (activity: string, spec: unknown): string => {
  const words = activity.replace(/^(ensure|await)(Own)?/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  return `${words.toLowerCase()} ${(spec as { readonly name?: string } | undefined)?.name ?? ''}`.trim();
};

const lackOf = (what: string, { operation }: NotMade): string =>
  operation === 'CreateLaunchTemplateVersion'
    ? `${what}: none of its versions holds what it should`
    : `${what} is not there`;
