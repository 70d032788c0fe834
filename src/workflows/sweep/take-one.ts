import { isCancellation } from '@temporalio/workflow';
import type { SlotsSpec } from '#domain/core/slots.ts';
import { parseSubjectWorkflowId, subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { type DeleteLeftOver, REMOVED } from '#domain/sweep/sweep.ts';
import { undo } from '../kernel/calls.ts';
import { inStep, newStepRun } from '../kernel/step.ts';

/** What became of it, in words. It is tried for a while: what holds it may go later, and the next sweep sees it again. */
export const takeOne = async (removal: DeleteLeftOver, timing: Timing): Promise<string> => {
  const run = newStepRun('left-over');
  try {
    await inStep({ run, timing, bounded: () => true, changed: () => undefined }, () => take(removal));
    return REMOVED;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return `not removed: ${error instanceof Error ? error.message : String(error)}`;
  }
};

const take = async (removal: DeleteLeftOver): Promise<void> => {
  switch (removal.finding.type) {
    case 'Eyrie::Seal':
      return await undo.deleteStraySecret(removal);
    case 'Eyrie::Token':
      return await undo.deleteStrayTokens(removal);
    case 'Eyrie::Place':
      return await undo.releaseSlots(placesOf(removal), { by: 'owner', unsureSince: null });
    default:
      return await undo.deleteLeftOver(removal);
  }
};

/** Whatever its owner holds. */
const placesOf = ({ finding, account, environment }: DeleteLeftOver): SlotsSpec => {
  const subject = parseSubjectWorkflowId(finding.owner ?? '');
  if (!subject) throw new Error(`the place ${finding.id} has no owner`);
  return { account, owner: { kind: subject.kind, id: subjectId(subject), run: '', environment }, names: {} };
};
