import fc from 'fast-check';
import { expect, test } from 'vitest';
import { environmentOf, escapeUser } from '#domain/core/escaping.ts';
import { parseIdentity, renderIdentity, taskQueueOf } from '#domain/core/installation.ts';
import { SUBJECT_KINDS, subjectWorkflowId } from '#domain/core/subject.ts';
import * as ids from '#domain/core/workflow-ids.ts';

const environments = fc.domain().map(environmentOf);
const buckets = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
const users = fc.string({ minLength: 1, unit: 'grapheme' }).map(escapeUser);

/** Every kind of workflow id that the code makes, by the name of its maker. */
const MAKERS: Readonly<Record<string, (environment: string, user: string) => string>> = {
  ...Object.fromEntries(
    SUBJECT_KINDS.map((kind) => [
      kind,
      (environment: string, name: string) => subjectWorkflowId({ kind, environment, name }),
    ]),
  ),
  foundationWorkflowId: (environment) => ids.foundationWorkflowId('123456789012', environment),
  quotaWorkflowId: (environment) => ids.quotaWorkflowId('123456789012', 'us-east-1', environment),
  retireKeyWorkflowId: (environment, user) =>
    ids.retireKeyWorkflowId({ kind: 'workspace', environment, name: user }, 'AKIA1'),
  sweepWorkflowId: (environment, user) => ids.sweepWorkflowId({ environment, controlBucket: user }),
  scheduledWorkflowId: (environment, user) => ids.scheduledWorkflowId({ environment, controlBucket: user }, 'daily'),
};

test('every maker of a workflow id is among those that are tried here', () => {
  const others = Object.keys(ids).filter((name) => /^[a-z]\w*WorkflowId$/.test(name));
  expect(Object.keys(MAKERS).toSorted()).toEqual([...SUBJECT_KINDS, ...others].toSorted());
});

test.each(Object.entries(MAKERS))('%s names its environment, whatever the names', (_, make) => {
  fc.assert(
    fc.property(environments, users, (environment, user) => {
      expect(ids.environmentOfWorkflow(make(environment, user))).toBe(environment);
    }),
  );
});

test.each(Object.entries(MAKERS))('%s of two environments are never the same', (_, make) => {
  fc.assert(
    fc.property(environments, environments, users, (one, other, user) => {
      fc.pre(one !== other);
      expect(make(one, user)).not.toBe(make(other, user));
    }),
  );
});

test.each(['', 'workspace', 'workspace/', 'quota/1/us-east-1', 'constructor/a/b', 'other/a/b', '/a'])(
  '%j is of no environment',
  (id) => {
    expect(ids.environmentOfWorkflow(id)).toBeUndefined();
  },
);

test('two installations have two task queues, and a worker says of which it is', () => {
  const installations = fc.record({ environment: environments, controlBucket: buckets });
  fc.assert(
    fc.property(installations, installations, (one, other) => {
      const same = one.environment === other.environment && one.controlBucket === other.controlBucket;
      expect(taskQueueOf(one) === taskQueueOf(other)).toBe(same);
      expect(taskQueueOf(one)).toContain(one.environment);
      expect(parseIdentity(renderIdentity(one, { version: '1.2.3', pid: 7, host: 'a-host' }))).toEqual(one);
    }),
  );
  expect(parseIdentity('1234@host')).toBeUndefined();
});
