/** What records, places and secrets say by themselves: pure. */
import { commandTo } from '../core/commands.ts';
import type { Holder } from '../core/slots.ts';
import { type SubjectRef, subjectId, subjectWorkflowId } from '../core/subject.ts';
import type { Finding, Thing } from './finding.ts';
import { type Bench, isTooYoung, placeOf } from './judge.ts';
import { hasEnded, type SweptRecord } from './records.ts';

interface Where {
  readonly account: string;
  readonly region: string;
  readonly at: string;
}

const findingOf = (
  subject: SubjectRef,
  { account, region }: Where,
): Omit<Finding, 'kind' | 'type' | 'id' | 'why' | 'since' | 'command'> => ({
  ...{ account, region },
  name: null,
  owner: subjectWorkflowId(subject),
  tags: {},
  action: 'report',
  outcome: null,
});

/** Of what a record lists, what AWS does not show. `isListed`: AWS was asked for all of this type. */
export const missingOf = (
  { subject, resources = [], updatedAt }: SweptRecord,
  things: readonly Thing[],
  isListed: (type: string) => boolean,
  where: Where,
): Finding[] =>
  resources
    .filter(({ type }) => isListed(type))
    .filter(({ type, id, name }) => !things.some((thing) => thing.type === type && isSame(thing, { id, name })))
    .map(({ type, id, name }) => ({
      ...findingOf(subject, where),
      ...{ type, id, name },
      kind: 'missing',
      since: updatedAt,
      why: 'the record lists it, and AWS does not show it',
      command: commandTo('make', subject),
    }));

/** A record may have the name or the ARN of what AWS finds by its id. */
const isSame = (thing: Thing, { id, name }: { readonly id: string; readonly name: string | null }): boolean =>
  id === thing.id || id === thing.name || id.endsWith(`/${thing.id}`) || (name !== null && name === thing.name);

/** An operation that stopped half-way, and what failed and left something; undefined where neither is so. */
export const unfinishedOf = (record: SweptRecord, where: Where): Finding | undefined => {
  const { subject, operation, leftovers = [], hidden, phase, updatedAt } = record;
  const of = {
    ...findingOf(subject, where),
    kind: 'unfinished' as const,
    type: `Eyrie::${subject.kind}`,
    id: subjectId(subject),
    since: updatedAt,
    command: commandTo('resume', subject),
  };
  // What was removed by force has no user any more who would ask for a retry.
  if (hidden && !hasEnded(record) && phase !== 'retained') {
    return { ...of, why: 'it was removed by force, and is not gone', action: 'remove' };
  }
  if (operation) return { ...of, why: `its operation ${operation.type} ended without a word` };
  if (leftovers.length === 0) return undefined;
  return { ...of, why: `it failed and left ${leftovers.length} things, which its record lists` };
};

/** A place that is held for somebody of whom nothing is there; undefined where it is needed. */
export const ofPlace = ({ subject, names }: Holder, bench: Bench): Finding | undefined => {
  if (bench.stateOf(subject).record === 'there') return undefined;
  const id = subjectId(subject);
  return dated(bench, {
    ...findingOf(subject, bench),
    kind: 'place',
    type: 'Eyrie::Place',
    id,
    name: Object.values(names).flat().join(', '),
    why: 'places in quotas are held for it, and nothing is there of it',
    command: 'eyrie sweep --apply',
  });
};

/** A sealed key of somebody of whom there is no record. */
export const ofSecret = (
  { of: subject, accessKeyId }: { readonly of: SubjectRef; readonly accessKeyId: string },
  bench: Bench,
): Finding | undefined => {
  if (bench.stateOf(subject).record !== 'none') return undefined;
  return dated(bench, {
    ...findingOf(subject, bench),
    kind: 'secret',
    type: 'Eyrie::Seal',
    id: accessKeyId,
    why: 'the secret of a key is kept for it, and there is no record of it',
    command: 'eyrie sweep --apply',
  });
};

/** Tokens and leases of somebody of whom there is no record. */
export const ofHeld = (subject: SubjectRef, bench: Bench): Finding | undefined => {
  if (bench.stateOf(subject).record !== 'none') return undefined;
  return dated(bench, {
    ...findingOf(subject, bench),
    kind: 'secret',
    type: 'Eyrie::Token',
    id: subjectId(subject),
    why: 'tokens or leases of keys are kept for it, and there is no record of it',
    command: 'eyrie sweep --apply',
  });
};

const dated = (bench: Bench, finding: Omit<Finding, 'since'>): Finding => {
  const since = bench.firstSeen(placeOf(finding)) ?? bench.at;
  const young = isTooYoung(since, bench);
  return young === undefined
    ? { ...finding, since, action: 'remove' }
    : { ...finding, since, why: `${finding.why}; ${young}` };
};
