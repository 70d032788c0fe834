/** What a sweep takes of what it found, owner by owner. */
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, isCancellation, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { AccountRef } from '#domain/core/account.ts';
import { parseSubjectWorkflowId, type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import { type DeleteLeftOver, REMOVE_LEFT_OVER, type SweepInput } from '#domain/sweep/sweep.ts';
import { stageOf } from '#domain/sweep/types.ts';
import { find, mutate } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';
import type { removeLeftOver } from './remove-left-over.ts';
import { takeOne } from './take-one.ts';

const ACCOUNT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.account, 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

export interface Found {
  readonly findings: readonly Finding[];
  readonly accounts: readonly AccountRef[];
  /** How many records there are. */
  readonly records: number;
  readonly at: string;
}

const UNDER_WAY = 'not removed: an operation of its owner is under way';
const UNKNOWN_ACCOUNT = 'not removed: it is in none of the accounts that were looked at';
const NO_RECORDS = 'not removed: the control bucket holds no record at all, so it may be the wrong one';

/** The findings, each with what became of it. */
export const removeFound = async (input: SweepInput, found: Found): Promise<Finding[]> => {
  const outcomes = new Map<Finding, string>();
  const removable = found.findings.filter(({ action }) => action === 'remove');
  for (const finding of removable.filter(isUnfinished)) {
    if (input.apply || input.finish) outcomes.set(finding, await goOn(finding, input));
  }
  if (input.apply) {
    const groups = Map.groupBy(
      removable.filter((finding) => !isUnfinished(finding)),
      ({ owner }) => owner ?? '',
    );
    const others = found.records === 0 ? new Map<string, string>() : await othersPlaces(removable, input, found);
    let owners = 0;
    for (const [owner, group] of groups) {
      owners += 1;
      const refusal = refusalOf(owners, input, found);
      const became = refusal === undefined ? await takeGroup(owner, inOrder(group), input, found, others) : new Map();
      for (const finding of group) {
        outcomes.set(finding, became.get(finding) ?? refusal ?? others.get(placeOf(finding)) ?? UNKNOWN_ACCOUNT);
      }
    }
  }
  return found.findings.map((finding) => ({ ...finding, outcome: outcomes.get(finding) ?? null }));
};

const isUnfinished = ({ kind }: Finding): boolean => kind === 'unfinished';

const inOrder = (group: readonly Finding[]): Finding[] =>
  group.toSorted((one, other) => stageOf(one.type) - stageOf(other.type));

const placeOf = ({ account, region }: Pick<Finding, 'account' | 'region'>): string => `${account}/${region}`;

/** Where another installation works under the environment's name, or that can't be known: why nothing is taken there. */
const othersPlaces = async (
  removable: readonly Finding[],
  { environment, timing }: SweepInput,
  { accounts }: Found,
): Promise<ReadonlyMap<string, string>> => {
  const places = new Set(removable.map(placeOf));
  const refused = new Map<string, string>();
  for (const account of accounts) {
    const place = placeOf({ account: account.accountId, region: account.region });
    if (!places.has(place)) continue;
    try {
      await inOneStep('claim', timing, () => mutate.claimEnvironment({ account, owner: { environment } }));
    } catch (error) {
      if (isCancellation(error)) throw error;
      refused.set(place, `not removed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return refused;
};

const refusalOf = (nth: number, { ownersMax }: SweepInput, { records }: Found): string | undefined => {
  if (records === 0) return NO_RECORDS;
  return nth > ownersMax ? `not removed: a sweep takes what is left of ${ownersMax} owners at most` : undefined;
};

const takeGroup = async (
  owner: string,
  group: readonly Finding[],
  { environment, prefixes, olderThanMs, timing }: SweepInput,
  { accounts, at }: Found,
  others: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<Finding, string>> => {
  const removals = group.flatMap((finding): DeleteLeftOver[] => {
    if (others.has(placeOf(finding))) return [];
    const account = accounts.find(
      ({ accountId, region }) => accountId === finding.account && region === finding.region,
    );
    return account ? [{ finding, account, environment, prefixes, olderThanMs, at }] : [];
  });
  if (removals.length === 0) return new Map();
  const subject = parseSubjectWorkflowId(owner);
  const outcomes = subject ? await asItsOperation(subject, removals, timing) : await oneByOne(removals, timing);
  return new Map(removals.map(({ finding }, index) => [finding, outcomes[index] ?? '']));
};

/** Of what no single owner has. */
const oneByOne = async (removals: readonly DeleteLeftOver[], timing: Timing): Promise<readonly string[]> => {
  const outcomes: string[] = [];
  for (const removal of removals) outcomes.push(await takeOne(removal, timing));
  return outcomes;
};

const asItsOperation = async (
  subject: SubjectRef,
  removals: readonly DeleteLeftOver[],
  timing: Timing,
): Promise<readonly string[]> => {
  try {
    return await executeChild<typeof removeLeftOver>(REMOVE_LEFT_OVER, {
      ...asOperationOf(subject, removals[0]?.account.accountId ?? ''),
      args: [{ subject, removals, timing }],
      staticSummary: 'takes away what is left of it',
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return removals.map(() => UNDER_WAY);
    if (isCancellation(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return removals.map(() => `not removed: ${why}`);
  }
};

/** Under its own workflow id: at most one operation at a time. */
const asOperationOf = (subject: SubjectRef, account: string) => ({
  workflowId: subjectWorkflowId(subject),
  typedSearchAttributes: [
    { key: ACCOUNT, value: account },
    { key: ENVIRONMENT, value: subject.environment },
  ],
});

/** A removal that was asked for by force has nobody who would ask again. */
const goOn = async ({ owner, account }: Finding, { timing }: SweepInput): Promise<string> => {
  const subject = parseSubjectWorkflowId(owner ?? '');
  const disposal = subject && (await inOneStep('disposal', timing, () => find.findForcedDisposal(subject)));
  if (!subject || !disposal) return 'not removed: its record does not ask for it any more';
  try {
    await startChild('disposeComputeEnvironment', {
      ...asOperationOf(subject, account),
      args: [{ ...disposal.input, timing }],
      memo: { ...disposal.memo },
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: 'dispose: it was asked for by force',
    });
    return 'its removal goes on';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return UNDER_WAY;
    throw error;
  }
};
