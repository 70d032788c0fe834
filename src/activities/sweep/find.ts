/** Looking: what stands in an account and has nobody. Nothing is changed. */
import { asyncLocalStorage } from '@temporalio/activity';
import { codeOf } from '#domain/core/failures.ts';
import { type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import type { Finding, Thing } from '#domain/sweep/finding.ts';
import { type Bench, judge, unseen } from '#domain/sweep/judge.ts';
import type { FindLeftOver, LeftOver, SweepPlace } from '#domain/sweep/sweep.ts';
import { whoseIs } from '#domain/sweep/whose.ts';
import type { ActivityDeps } from '../deps.ts';
import type { Place } from './lister.ts';
import { LISTERS } from './listers.ts';
import { isRetiring, operationOf, statesOf } from './states.ts';

/** Told one by one of one type in one account: a list nobody reads to its end helps nobody. */
const TOLD_MAX = 200;

/** After so many failed looks the rest of the sweep is worth more than this one. */
const TRIES = 4;

export type SweepDeps = Pick<ActivityDeps, 'aws' | 'control' | 'temporal' | 'timing'>;

export const placeAt = ({ aws }: Pick<SweepDeps, 'aws'>, { account, environment, prefixes }: SweepPlace): Place => ({
  aws,
  account,
  environment,
  prefixes: [...prefixes.own, ...prefixes.shared],
});

/** What judges things in this account, as far as their owners are known. */
export const benchOf = async (
  deps: SweepDeps,
  { environment, account, prefixes, at, olderThanMs }: SweepPlace,
  states: Awaited<ReturnType<typeof statesOf>>,
): Promise<Bench> => {
  const seen = await deps.control.sweeps.firstSeen(environment);
  return {
    ...{ environment, at, olderThanMs },
    account: account.accountId,
    region: account.region,
    prefixes: prefixes.own,
    firstSeen: (place) => seen[place],
    stateOf: (subject) =>
      states.get(subjectWorkflowId(subject)) ?? { record: 'there', since: null, busy: true, standing: false, keys: [] },
  };
};

const ownerOf = ({ tags }: Thing, environment: string): SubjectRef[] => {
  const whose = whoseIs(tags, environment);
  return whose.is === 'owned' ? [whose.subject] : [];
};

/** Without a word where it can't be done: a sweep that sees a part is worth more than none. */
export const orUnseen = async (
  { account, at }: SweepPlace,
  type: string,
  look: () => Promise<LeftOver>,
): Promise<LeftOver> => {
  try {
    return await look();
  } catch (error) {
    const attempt = asyncLocalStorage.getStore()?.info.attempt ?? TRIES;
    if (codeOf(error) !== 'Denied' && attempt < TRIES) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return {
      looked: 0,
      findings: [unseen({ type, why, at, account: account.accountId, region: account.region })],
      more: 0,
    };
  }
};

export const findLeftOverActivities = (deps: SweepDeps) => {
  /** Of what is to be taken it matters whether something goes on with its owner; of a key, whether its end is planned. */
  const withOperations = async (
    found: readonly Finding[],
    things: readonly Thing[],
    bench: Bench,
  ): Promise<Finding[]> => {
    const kept: Finding[] = [];
    const operations = new Map<string, Awaited<ReturnType<typeof operationOf>>>();
    for (const [index, finding] of found.entries()) {
      const thing = things[index];
      const [subject] = thing ? ownerOf(thing, bench.environment) : [];
      if (!thing || !subject) {
        kept.push(finding);
      } else if (finding.kind === 'unknown-key') {
        if (!(await isRetiring(deps, subject, finding.id))) kept.push(finding);
      } else if (finding.action === 'remove') {
        const id = subjectWorkflowId(subject);
        const operation = operations.get(id) ?? (await operationOf(deps, subject));
        operations.set(id, operation);
        const again = judge(thing, { ...bench, stateOf: (of) => ({ ...bench.stateOf(of), ...operation }) });
        if (again) kept.push(again);
      } else {
        kept.push(finding);
      }
    }
    return kept;
  };

  return {
    /** Things of one type that nobody has. What can't be looked at is told as such. */
    async findLeftOver(input: FindLeftOver): Promise<LeftOver> {
      const { type, environment } = input;
      return await orUnseen(input, type, async () => {
        const things = await LISTERS[type].list(placeAt(deps, input));
        const states = await statesOf(
          deps,
          things.flatMap((thing) => ownerOf(thing, environment)),
        );
        const bench = await benchOf(deps, input, states);
        const left = things.flatMap((thing) => {
          const finding = judge(thing, bench);
          return finding ? [{ thing, finding }] : [];
        });
        const told = left.slice(0, TOLD_MAX);
        const findings = await withOperations(
          told.map(({ finding }) => finding),
          told.map(({ thing }) => thing),
          bench,
        );
        return { looked: things.length, findings, more: left.length - told.length };
      });
    },
  };
};
