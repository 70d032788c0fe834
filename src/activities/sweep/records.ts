/** Looking from the other side: records without things, removals that nobody goes on with, places and secrets of nobody. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { AccountRef } from '#domain/core/account.ts';
import { anyRecords } from '#domain/core/record.ts';
import type { Holder } from '#domain/core/slots.ts';
import { SUBJECT_KINDS, type SubjectKind, type SubjectRef } from '#domain/core/subject.ts';
import { HELD_PLACES_QUERY } from '#domain/core/wire-names.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import type { Finding, Thing } from '#domain/sweep/finding.ts';
import { missingOf, ofHeld, ofPlace, ofSecret, unfinishedOf } from '#domain/sweep/judge-records.ts';
import { accountOf, isUp, type SweptRecord } from '#domain/sweep/records.ts';
import type { FindUnmet, LeftOver, SweepAccounts, SweepPlace, SweepSettings, UnmetPage } from '#domain/sweep/sweep.ts';
import { SWEPT, type SweptType } from '#domain/sweep/types.ts';
import { describeRun } from '../account/own-queue.ts';
import { benchOf, orUnseen, placeAt, type SweepDeps } from './find.ts';
import { LISTERS } from './listers.ts';
import { isBusy, isNobodys, statesOf } from './states.ts';

const PAGE = 100;

/** Keys are told by themselves; they come and go without the record's list of what was made. */
const LISTED: ReadonlySet<string> = new Set(
  SWEPT.map(({ type }) => type).filter((type) => type !== 'AWS::IAM::AccessKey'),
);
const isListed = (type: string): type is SweptType => LISTED.has(type);

export const sweepRecordActivities = (deps: SweepDeps) => {
  const { control, aws, temporal } = deps;

  const pageOf = async (kind: SubjectKind, environment: string, cursor: string | null) => {
    const page = await control
      .records(anyRecords(kind))
      .list({ environment, limit: PAGE, ...(cursor !== null && { cursor }) });
    return { records: page.items.map(({ record }) => record as SweptRecord), nextCursor: page.nextCursor };
  };

  const ownAccount = async ({ home }: SweepSettings): Promise<AccountRef> => {
    const own = { region: home.region, roleArn: null, externalId: null };
    if (home.accountId !== null) return { ...own, accountId: home.accountId };
    const { Account = '' } = await aws.sts({ ...own, accountId: '' }).send(new GetCallerIdentityCommand({}));
    return { ...own, accountId: Account };
  };

  const held = async ({ account, environment }: SweepPlace): Promise<readonly Holder[]> => {
    const id = quotaWorkflowId(account.accountId, account.region, environment);
    if ((await describeRun(temporal, id))?.status.name !== 'RUNNING') return [];
    return await temporal.workflow.getHandle(id).query<readonly Holder[]>(HELD_PLACES_QUERY);
  };

  return {
    /** Eyrie's own and all that records name, each once: entered as the record does that was written last. */
    async findSweepAccounts(settings: SweepSettings): Promise<SweepAccounts> {
      const own = await ownAccount(settings);
      const accounts = new Map<string, { readonly account: AccountRef; readonly at: string | null }>();
      accounts.set(`${own.accountId}/${own.region}`, { account: own, at: null });
      let records = 0;
      for (const kind of SUBJECT_KINDS) {
        let cursor: string | null = null;
        do {
          const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(kind, settings.environment, cursor);
          records += page.records.length;
          for (const record of page.records) {
            const account = accountOf(record);
            const key = `${account?.accountId}/${account?.region}`;
            const known = accounts.get(key);
            const isNewer = !known || (known.at !== null && record.updatedAt > known.at);
            if (account && isNewer) accounts.set(key, { account, at: record.updatedAt });
          }
          cursor = page.nextCursor;
        } while (cursor !== null);
      }
      return { accounts: [...accounts.values()].map(({ account }) => account), records };
    },

    /** A page of records of one kind: what they list and AWS does not show, and what stopped half-way. */
    async findUnmet(input: FindUnmet): Promise<UnmetPage> {
      const { account, kind, environment, at } = input;
      const { records, nextCursor } = await pageOf(kind, environment, input.cursor);
      const here = records.filter((record) => {
        const where = accountOf(record);
        return where?.accountId === account.accountId && where.region === account.region;
      });
      const found = await orUnseen(input, `records of the kind ${kind}`, async () => {
        const up = here.filter(isUp);
        const types = new Set(up.flatMap(({ resources = [] }) => resources.map(({ type }) => type)).filter(isListed));
        const place = placeAt(deps, input);
        const shown = await Promise.all([...types].map((type) => LISTERS[type].list(place)));
        const things: readonly Thing[] = shown.flat();
        const where = { account: account.accountId, region: account.region, at };
        const findings: Finding[] = [];
        for (const record of here) {
          const lost = isUp(record) ? missingOf(record, things, isListed, where) : [];
          const stopped = unfinishedOf(record, where);
          if (lost.length === 0 && !stopped) continue;
          // What changes right now is neither lost nor stopped.
          if (await isBusy(deps, record.subject)) continue;
          findings.push(...lost, ...(stopped ? [stopped] : []));
        }
        return { looked: here.length, findings, more: 0 };
      });
      return { ...found, nextCursor };
    },

    /** Places in quotas that are held for somebody of whom there is nothing. */
    async findStrayPlaces(input: SweepPlace): Promise<LeftOver> {
      return await orUnseen(input, 'Eyrie::Place', async () => {
        const holders = await held(input);
        const states = await statesOf(
          deps,
          holders.map(({ subject }) => subject),
        );
        const bench = await benchOf(deps, input, states);
        const findings: Finding[] = [];
        for (const holder of holders) {
          const finding = ofPlace(holder, bench);
          if (finding && (await isNobodys(deps, holder.subject))) findings.push(finding);
        }
        return { looked: holders.length, findings, more: 0 };
      });
    },

    /** Sealed keys, tokens and leases of somebody of whom there is no record. */
    async findStraySecrets(input: SweepPlace): Promise<LeftOver> {
      const seals = await control.seals.listAll(input.environment);
      const holders = await control.traces.holders(input.environment);
      const subjects: SubjectRef[] = [...seals.map(({ of }) => of), ...holders];
      const bench = await benchOf(deps, input, await statesOf(deps, subjects));
      const findings: Finding[] = [];
      for (const seal of seals) {
        const finding = ofSecret(seal, bench);
        if (finding && (await isNobodys(deps, seal.of))) findings.push(finding);
      }
      for (const holder of holders) {
        const finding = ofHeld(holder, bench);
        if (finding && (await isNobodys(deps, holder))) findings.push(finding);
      }
      return { looked: seals.length + holders.length, findings, more: 0 };
    },
  };
};
