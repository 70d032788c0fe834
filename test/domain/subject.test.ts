import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordKey } from '#control/keys.ts';
import { environmentOf, escapeUser } from '#domain/core/escaping.ts';
import { parseSubjectId, SUBJECT_KINDS, type SubjectRef, subjectId, subjectWorkflowId } from '#domain/core/subject.ts';

const subjects: fc.Arbitrary<SubjectRef> = fc.record({
  kind: fc.constantFrom(...SUBJECT_KINDS),
  environment: fc.domain().map(environmentOf),
  name: fc.string({ minLength: 1, unit: 'grapheme' }).map(escapeUser),
});

test('a workspace has the id, the workflow and the record that it always had', () => {
  const jane: SubjectRef = { kind: 'workspace', environment: 'brh-org', name: 'jane-40example' };
  expect(subjectId(jane)).toBe('brh-org.jane-40example');
  expect(subjectWorkflowId(jane)).toBe('workspace/brh-org/jane-40example');
  expect(recordKey(jane)).toBe('workspaces/brh-org/jane-40example.json');
});

test('an id names its subject', () => {
  fc.assert(
    fc.property(subjects, (subject) => {
      expect(parseSubjectId(subject.kind, subjectId(subject))).toEqual(subject);
    }),
  );
});

test('two subjects share neither workflow nor record', () => {
  fc.assert(
    fc.property(subjects, subjects, (one, other) => {
      const same = one.kind === other.kind && one.environment === other.environment && one.name === other.name;
      expect(subjectWorkflowId(one) === subjectWorkflowId(other)).toBe(same);
      expect(recordKey(one) === recordKey(other)).toBe(same);
    }),
  );
});

test.each(['', '.', 'a', '.a', 'a.'])('%j is no id', (id) => {
  expect(parseSubjectId('workspace', id)).toBeUndefined();
});
