/**
 * Which installation works under the environment's name in each account: Eyrie's own, those of the configuration, and all
 * that records name.
 */
import type { Aws } from '#aws/clients.ts';
import { findClaimant, putClaimant } from '#aws/environment-claim.ts';
import type { Control } from '#control/control.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { type Claimant, refusalToWork } from '#domain/core/environment-claim.ts';
import { anyRecords } from '#domain/core/record.ts';
import { SUBJECT_KINDS } from '#domain/core/subject.ts';
import { accountOf, type SweptRecord } from '#domain/sweep/records.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';

const { ok, problem, unknown } = sayingOf('aws');

const CHECK = 'environment';

/** How to give a name to this installation, whoever has it. */
const TAKE_OVER_DOCS = 'docs/operations/operations.md#one-installation-of-an-environment-in-an-account';

export interface ClaimDeps {
  readonly aws: Aws;
  readonly control: Pick<Control, 'installation' | 'records'>;
  readonly environment: string;
  readonly controlBucket: string;
  /** Known without any record. */
  readonly accounts: readonly AccountRef[];
  /** Takes the name over wherever another installation has it. Default: nothing is changed. */
  readonly takesOver?: boolean;
}

export const checkClaims = async (deps: ClaimDeps): Promise<readonly Finding[]> => {
  try {
    const own = await markOf(deps);
    const findings: Finding[] = [];
    for (const account of await accountsOf(deps)) findings.push(await checkClaim(deps, account, own));
    return findings;
  } catch (error) {
    return [unknown(CHECK, messageOf(error))];
  }
};

const markOf = async ({ control, environment, takesOver }: ClaimDeps): Promise<Claimant | undefined> =>
  takesOver ? await control.installation.ensure(environment) : await control.installation.find(environment);

/** Each once, however it is entered. */
const accountsOf = async ({ control, environment, accounts }: ClaimDeps): Promise<readonly AccountRef[]> => {
  const found = new Map(accounts.map((account) => [placeOf(account), account]));
  for (const kind of SUBJECT_KINDS) {
    for (const record of await control.records(anyRecords(kind)).all({ environment })) {
      const account = accountOf(record as SweptRecord);
      if (account && !found.has(placeOf(account))) found.set(placeOf(account), account);
    }
  }
  return [...found.values()];
};

const placeOf = ({ accountId, region }: AccountRef): string => `${accountId}, ${region}`;

const checkClaim = async (deps: ClaimDeps, account: AccountRef, own: Claimant | undefined): Promise<Finding> => {
  const { aws, environment, controlBucket, takesOver } = deps;
  const ssm = aws.ssm(account);
  const where = `${environment} in account ${placeOf(account)}`;
  try {
    const holder = await findClaimant(ssm, environment);
    if (!holder && !takesOver)
      return ok(CHECK, `${where}: nobody's yet; the first launch makes it this installation's`);
    // Without a mark it has never worked anywhere.
    const refusal = holder && refusalToWork({ ...account, environment }, holder, own ?? { controlBucket, mark: '' });
    if (holder && refusal === undefined) return ok(CHECK, `${where} is this installation's`);
    if (!takesOver || !own) return problem(CHECK, refusal ?? '', TAKE_OVER_DOCS);
    await putClaimant(ssm, environment, own, { takesOver: true });
    const was = holder ? `; it was that of ${holder.controlBucket}, mark ${holder.mark}` : '';
    return ok(CHECK, `${where} is this installation's from now on${was}`);
  } catch (error) {
    return unknown(CHECK, `${where}: ${messageOf(error)}`);
  }
};
