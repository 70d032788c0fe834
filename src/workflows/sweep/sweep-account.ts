import { isCancellation } from '@temporalio/workflow';
import type { AccountRef } from '#domain/core/account.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import { unseen } from '#domain/sweep/judge.ts';
import type { LeftOver, SweepAccountInput, SweepInput, SweepPlace } from '#domain/sweep/sweep.ts';
import { isGlobal, SWEPT } from '#domain/sweep/types.ts';
import { find } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';

/**
 * What is left over in one account and region. A workflow of its own, so that no history grows with the number of
 * accounts and records together.
 */
export async function sweepAccount({
  input,
  account,
  at,
  isFirst,
  isHome,
  toldMax,
}: SweepAccountInput): Promise<LeftOver> {
  const sums: Sums = { looked: 0, findings: [], more: 0 };
  await lookAt(input, { account, at }, { sums, isFirst });
  if (isHome) await note(sums, input, 'secrets', account, at, (place) => find.findStraySecrets(place));
  // What may be taken comes first: what is only told would keep it from ever being taken.
  const told = sums.findings
    .toSorted((one, other) => Number(other.action === 'remove') - Number(one.action === 'remove'))
    .slice(0, toldMax);
  return { looked: sums.looked, findings: told, more: sums.more + sums.findings.length - told.length };
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
