import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENVIRONMENT_TAG, kindTag, RUN_TAG, type Tags } from '#domain/core/ownership.ts';
import { SUBJECT_KINDS, type SubjectKind } from '#domain/core/subject.ts';
import type { Thing } from '#domain/sweep/finding.ts';
import { type Bench, judge, placeOf, type SubjectState } from '#domain/sweep/judge.ts';
import { isData, SWEPT, type SweptType } from '#domain/sweep/types.ts';

const H = 'brh-example-org';
const AT = '2026-05-10T12:00:00.000Z';
const HOUR = 3_600_000;
const ago = (hours: number): string => new Date(Date.parse(AT) - hours * HOUR).toISOString();

const WHERE = { account: '111122223333', region: 'us-east-1' };

const THERE: SubjectState = { record: 'there', since: null, busy: false, standing: false, keys: [] };
const NONE: SubjectState = { ...THERE, record: 'none' };

const benchOf = (state: SubjectState, more: Partial<Bench> = {}): Bench => ({
  ...WHERE,
  environment: H,
  at: AT,
  olderThanMs: 24 * HOUR,
  prefixes: [`${H}-`],
  stateOf: () => state,
  firstSeen: () => undefined,
  ...more,
});

const aThing = (more: Partial<Thing> = {}): Thing => ({
  type: 'AWS::EC2::VPC',
  id: 'vpc-1',
  name: 'something',
  tags: { [kindTag('workspace')]: `${H}.jane`, [ENVIRONMENT_TAG]: H, [RUN_TAG]: 'run-1' },
  createdAt: ago(100),
  loose: false,
  needed: null,
  ...more,
});

/** Whose a thing is, said by whoever made it; the tags follow from that. */
interface Case {
  readonly whose: 'ours' | 'adopted' | 'other-environment' | 'untagged' | 'half' | 'two-owners' | 'mixed' | 'shared';
  readonly kind: SubjectKind;
  readonly type: SweptType;
  readonly ageHours: number;
  readonly record: SubjectState['record'];
  readonly busy: boolean;
  readonly standing: boolean;
  readonly loose: boolean;
  readonly aliased: boolean;
  readonly needed: boolean;
}

const OTHER = 'other-example-org';

const tagsOf = ({ whose, kind }: Case): Tags => {
  const next = SUBJECT_KINDS[(SUBJECT_KINDS.indexOf(kind) + 1) % SUBJECT_KINDS.length] ?? kind;
  const ours = { [kindTag(kind)]: `${H}.jane`, [ENVIRONMENT_TAG]: H, [RUN_TAG]: 'run-1' };
  switch (whose) {
    case 'ours':
      return { ...ours, Name: `${H}-thing` };
    case 'adopted':
      return { [kindTag(kind)]: `${H}.jane`, [ENVIRONMENT_TAG]: H };
    case 'other-environment':
      return { [kindTag(kind)]: `${OTHER}.jane`, [ENVIRONMENT_TAG]: OTHER, [RUN_TAG]: 'run-1' };
    case 'untagged':
      return { Name: `${H}-thing`, team: 'genomics' };
    case 'half':
      return { [kindTag(kind)]: `${H}.jane`, [RUN_TAG]: 'run-1' };
    case 'two-owners':
      return { ...ours, [kindTag(next)]: `${H}.jane` };
    case 'mixed':
      return { ...ours, [kindTag(next)]: `${OTHER}.jane` };
    case 'shared':
      return { [ENVIRONMENT_TAG]: H };
  }
};

const aCase: fc.Arbitrary<Case> = fc.record({
  whose: fc.constantFrom<Case['whose']>(
    'ours',
    'ours',
    'ours',
    'adopted',
    'other-environment',
    'untagged',
    'half',
    'two-owners',
    'mixed',
    'shared',
  ),
  kind: fc.constantFrom(...SUBJECT_KINDS),
  type: fc.constantFrom(...SWEPT.map(({ type }) => type)),
  ageHours: fc.integer({ min: 0, max: 48 }),
  record: fc.constantFrom<SubjectState['record']>('none', 'ended', 'there'),
  busy: fc.boolean(),
  standing: fc.boolean(),
  loose: fc.boolean(),
  aliased: fc.boolean(),
  needed: fc.boolean(),
});

const KEY = 'AWS::KMS::Key';

/** What may be taken, said once more in other words. */
const mayGo = (one: Case): boolean => {
  const old = one.ageHours >= 24 && !one.needed;
  const lostKey = one.type === KEY && !one.aliased;
  if (one.whose === 'shared') return lostKey && old;
  if (one.whose !== 'ours' || !old || one.busy || isData(one.type) || one.type === 'AWS::IAM::AccessKey') return false;
  return (one.record !== 'there' && !one.standing) || (one.record === 'there' && (one.loose || lostKey));
};

test('of any inventory exactly what is ours, and nobody has, is named for removal', () => {
  let named = 0;
  fc.assert(
    fc.property(aCase, (one) => {
      const thing = aThing({
        type: one.type,
        tags: tagsOf(one),
        name: one.type === KEY && !one.aliased ? null : `${H}-thing`,
        createdAt: ago(one.ageHours),
        loose: one.loose,
        needed: one.needed ? 'it encrypts a bucket' : null,
      });
      const { record, busy, standing } = one;
      const state = { record, busy, standing, since: null, keys: [] };
      // Whatever is attached to nothing counts from when a sweep first saw it.
      const finding = judge(thing, benchOf(state, { firstSeen: () => ago(one.ageHours) }));
      expect(finding?.action === 'remove').toBe(mayGo(one));
      if (finding?.action === 'remove') named += 1;
      if (one.whose === 'other-environment' || one.whose === 'mixed') expect(finding).toBeUndefined();
    }),
    { numRuns: 10_000 },
  );
  expect(named).toBeGreaterThan(100);
});

test('whatever tags a thing carries, one that another environment has marked is not even told of', () => {
  const text = fc.constantFrom(`${H}.jane`, `${OTHER}.jane`, H, OTHER, '', 'no-id', '.', `${H}.`);
  const keys = [...SUBJECT_KINDS.map(kindTag), ENVIRONMENT_TAG, RUN_TAG, 'Name'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), text), (tags) => {
      const theirs =
        (tags[ENVIRONMENT_TAG] !== undefined && tags[ENVIRONMENT_TAG] !== H) ||
        SUBJECT_KINDS.some((kind) => tags[kindTag(kind)] === `${OTHER}.jane`);
      const finding = judge(aThing({ tags }), benchOf(NONE));
      if (theirs) expect(finding).toBeUndefined();
      if (finding?.action !== 'remove') return;
      expect(tags[ENVIRONMENT_TAG]).toBe(H);
      expect(tags[RUN_TAG]).toBeDefined();
      expect(SUBJECT_KINDS.filter((kind) => tags[kindTag(kind)] !== undefined)).toHaveLength(1);
    }),
    { numRuns: 5_000 },
  );
});

test('what has a record is left alone, and told only where it is attached to nothing', () => {
  expect(judge(aThing(), benchOf(THERE))).toBeUndefined();
  const volume = aThing({ type: 'AWS::EC2::Volume', loose: true });
  expect(judge({ ...volume, loose: false }, benchOf(THERE))).toBeUndefined();
  expect(judge(volume, benchOf(THERE))).toMatchObject({ kind: 'unattached', action: 'report', since: AT });
  const seen = (place: string) => (place === placeOf({ ...WHERE, ...volume }) ? ago(24) : undefined);
  expect(judge(volume, benchOf(THERE, { firstSeen: seen }))).toMatchObject({ action: 'remove', since: ago(24) });
});

test('where AWS does not say when it was made, it counts from when a sweep first saw it', () => {
  const vpc = aThing({ createdAt: null });
  expect(judge(vpc, benchOf(NONE))).toMatchObject({ action: 'report', since: AT });
  expect(judge(vpc, benchOf(NONE, { firstSeen: () => ago(23.9) }))).toMatchObject({ action: 'report' });
  expect(judge(vpc, benchOf(NONE, { firstSeen: () => ago(24) }))).toMatchObject({ action: 'remove' });
});

test('what an old thing has left over since yesterday only counts from then', () => {
  const ended = { ...THERE, record: 'ended' as const, since: ago(1) };
  expect(judge(aThing(), benchOf(ended))).toMatchObject({ kind: 'record-ended', action: 'report', since: ago(1) });
  expect(judge(aThing(), benchOf({ ...ended, since: ago(30) }))).toMatchObject({ action: 'remove' });
});

test('a key that no record names is told with the command that makes it useless, and never taken', () => {
  const key = aThing({ type: 'AWS::IAM::AccessKey', id: 'AKIA1', name: `${H}-nf-jane` });
  expect(judge(key, benchOf({ ...THERE, keys: ['AKIA1'] }))).toBeUndefined();
  expect(judge(key, benchOf(THERE))).toMatchObject({
    kind: 'unknown-key',
    action: 'report',
    command: `aws --region us-east-1 iam update-access-key --status Inactive --user-name ${H}-nf-jane --access-key-id AKIA1`,
  });
});

test('each type has a command, and a name with a space or a quote stays one word of it', () => {
  for (const { type } of SWEPT) expect(judge(aThing({ type }), benchOf(NONE))?.command, type).toMatch(/^aws --region /);
  const odd = judge(aThing({ type: 'AWS::IAM::Role', id: "a b'c" }), benchOf(NONE));
  expect(odd?.command).toBe(`aws --region us-east-1 iam delete-role --role-name 'a b'\\''c'`);
});
