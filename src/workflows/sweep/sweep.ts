import { executeChild, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { Finding, SweepKind } from '#domain/sweep/finding.ts';
import { unseen } from '#domain/sweep/judge.ts';
import {
  type LeftOver,
  REMOVED,
  type SweepAccountInput,
  type SweepInput,
  type SweepReport,
  type SweepResult,
} from '#domain/sweep/sweep.ts';
import { find, mutate } from '../kernel/calls.ts';
import { scheduledTime } from '../kernel/scheduled-time.ts';
import { inOneStep } from '../kernel/step.ts';
import { sweepAccount } from './sweep-account.ts';
import { removeFound } from './take.ts';

/** Told one by one in a report. */
const TOLD_MAX = 2_000;

/** Of each account, however much there was in those before it. */
const TOLD_MIN = 50;

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
  const sums = { looked: 0, findings: [] as Finding[], more: 0 };
  const seen = new Set<string>();
  for (const account of looked) {
    const {
      looked: count,
      findings: found,
      more,
    } = await inAccount({
      ...{ input, account, at, isFirst: !seen.has(account.accountId), isHome: account === accounts[0] },
      toldMax: Math.max(TOLD_MIN, TOLD_MAX - sums.findings.length),
    });
    seen.add(account.accountId);
    sums.looked += count;
    sums.more += more;
    sums.findings.push(...found);
  }

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

/** An account that can't be looked at is told, and the others are looked at. */
const inAccount = async (looking: SweepAccountInput): Promise<LeftOver> => {
  const { accountId, region } = looking.account;
  try {
    return await executeChild(sweepAccount, {
      workflowId: `${workflowInfo().workflowId}/${accountId}/${region}`,
      args: [looking],
      staticSummary: `looks at account ${accountId} in ${region}`,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const told = unseen({ type: 'account', why, at: looking.at, account: accountId, region });
    return { looked: 0, findings: [told], more: 0 };
  }
};

const resultOf = ({ at, looked }: SweepReport, findings: readonly Finding[]): SweepResult => {
  const found: Partial<Record<SweepKind, number>> = {};
  for (const { kind } of findings) found[kind] = (found[kind] ?? 0) + 1;
  const tried = findings.filter(({ outcome }) => outcome !== null);
  const removed = tried.filter(({ outcome }) => outcome?.startsWith(REMOVED)).length;
  return { at, looked, found, removed, failed: tried.length - removed };
};
