/** Taking away what is left over: each thing with the proof of whose it is, looked at once more at the last moment. */
import { ignoreNotFound } from '#aws/errors.ts';
import type { FirstSeen } from '#control/sweeps.ts';
import { fail } from '#domain/core/failures.ts';
import { parseSubjectWorkflowId } from '#domain/core/subject.ts';
import { judge, placeOf } from '#domain/sweep/judge.ts';
import { ofHeld, ofSecret } from '#domain/sweep/judge-records.ts';
import { type DeleteLeftOver, REMOVED, type SweepReport } from '#domain/sweep/sweep.ts';
import { SWEPT, type SweptType } from '#domain/sweep/types.ts';
import { requireClaim } from '../account/environment-claim.ts';
import { lookAgain } from '../shared/look.ts';
import { benchOf, placeAt, type SweepDeps } from './find.ts';
import { LISTERS } from './listers.ts';
import { isFoundationBusy, statesOf } from './states.ts';

const isSwept = (type: string): type is SweptType => SWEPT.some((row) => row.type === type);

export const sweepRemovalActivities = (deps: SweepDeps) => {
  const benchFor = async (input: DeleteLeftOver) => {
    const subject = input.finding.owner === null ? undefined : parseSubjectWorkflowId(input.finding.owner);
    return { subject, bench: await benchOf(deps, input, await statesOf(deps, subject ? [subject] : [])) };
  };

  const refuse = ({ finding }: DeleteLeftOver, why: string) =>
    fail('Conflict', `${finding.type} ${finding.id} was left as it is: ${why}`);

  return {
    /**
     * Takes one thing away, a call an attempt, and ends when it is gone. Called while its owner's workflow id is held,
     * so that no operation begins meanwhile. @throws NotYet until it is gone; Conflict where it is not left over any more, or another installation
     * works under the environment's name.
     */
    async deleteLeftOver(input: DeleteLeftOver): Promise<void> {
      const { finding, account, environment } = input;
      const { type, id, owner } = finding;
      if (!isSwept(type)) throw refuse(input, 'a sweep does not take such things');
      const sight = await LISTERS[type].look(placeAt(deps, input), id);
      if (!sight) return;
      if (owner === null && (await isFoundationBusy(deps, account.accountId, environment))) {
        throw refuse(input, 'what all share in the account is being made');
      }
      const { bench } = await benchFor(input);
      const now = judge(sight.thing, bench);
      if (now?.action !== 'remove' || now.owner !== owner) throw refuse(input, now?.why ?? 'it is somebody’s');
      await requireClaim(deps, account, environment);
      if (!sight.push) throw lookAgain(`${type} ${id} is on its way`, deps);
      await sight.push().catch(ignoreNotFound);
      throw lookAgain(`${type} ${id} is asked to go`, deps);
    },

    /** The secret of a key of somebody of whom there is no record. Absent is success. */
    async deleteStraySecret(input: DeleteLeftOver): Promise<void> {
      const { subject, bench } = await benchFor(input);
      const accessKeyId = input.finding.id;
      const now = subject && ofSecret({ of: subject, accessKeyId }, bench);
      if (!subject || now?.action !== 'remove') throw refuse(input, now?.why ?? 'there is a record of its owner');
      await deps.control.seals.destroy(subject, accessKeyId);
    },

    /** Tokens and leases of somebody of whom there is no record. Absent is success. */
    async deleteStrayTokens(input: DeleteLeftOver): Promise<void> {
      const { subject, bench } = await benchFor(input);
      const now = subject && ofHeld(subject, bench);
      if (!subject || now?.action !== 'remove') throw refuse(input, now?.why ?? 'there is a record of its owner');
      await deps.control.traces.removeHeld(subject);
    },

    /** Keeps the report, and since when everything in it has been left over. `accounts`: those that were looked at. */
    async ensureSweepReport(environment: string, report: SweepReport): Promise<void> {
      const { sweeps } = deps.control;
      const before = await sweeps.firstSeen(environment);
      const lookedAt = (place: string): boolean => report.places.some((one) => place.startsWith(`${one}/`));
      const elsewhere = Object.entries(before).filter(([place]) => !lookedAt(place));
      const here = report.findings
        .filter(({ outcome }) => !outcome?.startsWith(REMOVED))
        .map((finding) => [placeOf(finding), before[placeOf(finding)] ?? report.at]);
      const seen: FirstSeen = Object.fromEntries([...elsewhere, ...here]);
      await sweeps.writeFirstSeen(environment, seen);
      await sweeps.writeLatest(environment, report);
    },
  };
};
