/** Which accounts a sweep looks at, and how it enters each. */
import { expect, test } from 'vitest';
import { sweepRecordActivities } from '#activities/sweep/records.ts';
import type { AccountRef } from '#domain/core/account.ts';
import type { SubjectKind } from '#domain/core/subject.ts';

const REGION = 'us-east-1';
const OWN: AccountRef = { accountId: '111122223333', region: REGION, roleArn: null, externalId: null };

const theirs = (roleArn: string | null, accountId = '444455556666'): AccountRef => ({
  ...OWN,
  ...{ accountId, roleArn },
});

const accountsOf = async (records: Partial<Record<SubjectKind, readonly object[]>>): Promise<readonly AccountRef[]> => {
  const list = (kind: SubjectKind) => async () => ({
    items: (records[kind] ?? []).map((record) => ({ record })),
    nextCursor: null,
  });
  const control = { records: ({ kind }: { kind: SubjectKind }) => ({ list: list(kind) }) };
  const { findSweepAccounts } = sweepRecordActivities({ control } as never);
  const settings = { environment: 'h', home: { accountId: OWN.accountId, region: REGION } };
  return (await findSweepAccounts(settings as never)).accounts;
};

test('each is entered as the record does that was written last, and Eyrie’s own as it is', async () => {
  const workspace = (account: AccountRef, updatedAt: string) => ({ workspace: { account }, updatedAt });
  const compute = (account: AccountRef, updatedAt: string) => ({ compute: { account }, updatedAt });
  const today = '2026-03-01T00:00:00.000Z';
  const lastYear = '2025-03-01T00:00:00.000Z';
  const other = theirs('role', '777788889999');
  const expected = [OWN, theirs('of today'), other];
  const former = workspace(theirs('former'), lastYear);
  const current = workspace(theirs('of today'), today);
  const own = workspace({ ...OWN, roleArn: 'a role' }, today);
  expect(await accountsOf({ workspace: [former, current, workspace(other, lastYear), own] })).toEqual(expected);
  expect(await accountsOf({ workspace: [current, former, workspace(other, lastYear)] })).toEqual(expected);
  const elsewhere = {
    workspace: [former, workspace(other, lastYear)],
    'compute-environment': [compute(theirs('of today'), today)],
  };
  expect(await accountsOf(elsewhere)).toEqual(expected);
});
