import { isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { AccountRef } from '#domain/account.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';
import type { Finding, SweepKind } from '#domain/sweep/finding.ts';
import { unseen } from '#domain/sweep/judge.ts';
import {
  type LeftOver,
  REMOVED,
  type SweepInput,
  type SweepPlace,
  type SweepReport,
  type SweepResult,
} from '#domain/sweep/sweep.ts';
import { isGlobal, SWEPT } from '#domain/sweep/types.ts';
import { find, mutate } from '../kernel/calls.ts';
import { scheduledTime } from '../kernel/scheduled-time.ts';
import { inOneStep } from '../kernel/step.ts';
import { removeFound } from './take.ts';

/** Told one by one in a report. */
const TOLD_MAX = 2_000;

/**
 * Finds what is left over in Eyrie's own account and in all that records name: things that carry our tags or are called
 * as ours are and have no record, records without things, removals that nobody goes on with, places and secrets of
 * nobody. Takes what may be taken only where `apply` says so. Decides by the time for which it was scheduled.
 */
export async function sweep(input: SweepInput): Promise<SweepResult> {
  const { environment, timing, apply, olderThanMs } = input;
  const at = scheduledTime();
  const { accounts, records } = await inOneStep('accounts', timing, () => find.findSweepAccounts(input));
  const looked = accounts.filter(({ accountId }) => input.accountId === null || accountId === input.accountId);
  const sums: Sums = { looked: 0, findings: [], more: 0 };
  const seen = new Set<string>();
  for (const account of looked) {
    await lookAt(input, { account, at }, { sums, isFirst: !seen.has(account.accountId) });
    seen.add(account.accountId);
  }
  const [home] = accounts;
  if (home && looked.includes(home))
    await note(sums, input, 'secrets', home, at, (place) => find.findStraySecrets(place));

  const findings = await removeFound(input, { findings: sums.findings, accounts: looked, records, at });
  const report: SweepReport = {
    at,
    runId: workflowInfo().runId,
    requestedBy: input.requestedBy,
    apply,
    olderThanHours: olderThanMs / 3_600_000,
    places: looked.map(({ accountId, region }) => `${accountId}/${region}`),
    looked: sums.looked,
    findings: findings.slice(0, TOLD_MAX),
    more: sums.more + Math.max(0, findings.length - TOLD_MAX),
  };
  await inOneStep('report', timing, () => mutate.ensureSweepReport(environment, report));
  const result = resultOf(report, findings);
  log.info('swept', { ...result });
  return result;
}

interface Sums {
  looked: number;
  readonly findings: Finding[];
  more: number;
}

interface Looking {
  readonly sums: Sums;
  /** What is seen from every region is looked for in the first one. */
  readonly isFirst: boolean;
}

const lookAt = async (
  input: SweepInput,
  { account, at }: { readonly account: AccountRef; readonly at: string },
  { sums, isFirst }: Looking,
): Promise<void> => {
  for (const { type } of SWEPT) {
    if (isGlobal(type) && !isFirst) continue;
    await note(sums, input, type, account, at, (place) => find.findLeftOver({ ...place, type }));
  }
  for (const kind of SUBJECT_KINDS) {
    let cursor: string | null = null;
    do {
      let next: string | null = null;
      await note(sums, input, `records of the kind ${kind}`, account, at, async (place) => {
        const page = await find.findUnmet({ ...place, kind, cursor });
        next = page.nextCursor;
        return page;
      });
      cursor = next;
    } while (cursor !== null);
  }
  await note(sums, input, 'places', account, at, (place) => find.findStrayPlaces(place));
};

/** A look that fails for good is told, and the others are made. */
const note = async (
  sums: Sums,
  { environment, prefixes, olderThanMs, timing }: SweepInput,
  what: string,
  account: AccountRef,
  at: string,
  look: (place: SweepPlace) => Promise<LeftOver>,
): Promise<void> => {
  try {
    const found = await inOneStep(what, timing, () => look({ environment, prefixes, olderThanMs, account, at }));
    sums.looked += found.looked;
    sums.more += found.more;
    sums.findings.push(...found.findings);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    sums.findings.push(unseen({ type: what, why, at, account: account.accountId, region: account.region }));
  }
};

const resultOf = ({ at, looked }: SweepReport, findings: readonly Finding[]): SweepResult => {
  const found: Partial<Record<SweepKind, number>> = {};
  for (const { kind } of findings) found[kind] = (found[kind] ?? 0) + 1;
  const tried = findings.filter(({ outcome }) => outcome !== null);
  const removed = tried.filter(({ outcome }) => outcome?.startsWith(REMOVED)).length;
  return { at, looked, found, removed, failed: tried.length - removed };
};
