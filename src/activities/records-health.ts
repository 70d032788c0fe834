/** Looking at workspaces that run, and writing down what is wrong with them. Nothing at AWS is changed. */
import { updating } from '#control/update-record.ts';
import type { HealthProblem } from '#domain/core/health.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import {
  isSameHealth,
  isWatched,
  type LookAtWorkspaces,
  type Looked,
  type WatchedPlace,
  type WatchedWorkspaces,
} from '#domain/workspace/health.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import type { ActivityDeps } from './deps.ts';
import { problemsOf } from './health/problems.ts';

const PAGE = 100;
const READ_AT_ONCE = 16;

export const workspaceHealthActivities = ({ aws, control }: Pick<ActivityDeps, 'aws' | 'control'>) => {
  const records = control.records(WORKSPACE_RECORDS);

  const readAll = async (subjects: readonly SubjectRef[]) => {
    const found = [];
    for (let from = 0; from < subjects.length; from += READ_AT_ONCE) {
      found.push(...(await Promise.all(subjects.slice(from, from + READ_AT_ONCE).map((one) => records.read(one)))));
    }
    return found.flatMap((stored) => (stored && isWatched(stored.record) ? [stored.record] : []));
  };

  return {
    /** A page of those that run and with which nothing is going on, by where they are. */
    async findWatchedWorkspaces(environment: string, cursor: string | null): Promise<WatchedWorkspaces> {
      const page = await records.list({
        environment,
        limit: PAGE,
        fits: isWatched,
        ...(cursor !== null && { cursor }),
      });
      const places = new Map<string, WatchedPlace>();
      for (const { record } of page.items) {
        const { account } = record.workspace;
        const key = JSON.stringify(account);
        places.set(key, { account, names: [...(places.get(key)?.names ?? []), record.subject.name] });
      }
      return { places: [...places.values()], nextCursor: page.nextCursor };
    },

    /** Of those that still run: what is wrong with each, where anything is or was. */
    async observeWorkspaces({ environment, account, names }: LookAtWorkspaces): Promise<readonly Looked[]> {
      const found = await readAll(names.map((name) => ({ kind: 'workspace', environment, name })));
      const problems = await problemsOf(
        aws,
        account,
        found.map(({ resources }) => resources),
      );
      return found.flatMap(({ subject, health }, index): Looked[] => {
        const wrong = problems[index] ?? [];
        const isNews = !isSameHealth(health, wrong);
        return wrong.length > 0 || isNews ? [{ subject, problems: wrong, isNews }] : [];
      });
    },

    /** Not of one that an operation has begun with since: that converges it, or takes it away. */
    async changeHealth(subject: SubjectRef, problems: readonly HealthProblem[], at: string): Promise<void> {
      await updating(records)(subject, (found) => {
        if (!found || !isWatched(found) || isSameHealth(found.health, problems)) return undefined;
        return { ...found, health: problems.length > 0 ? { since: found.health?.since ?? at, problems } : null };
      });
    },
  };
};
