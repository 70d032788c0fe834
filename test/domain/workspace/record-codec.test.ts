import { describe, expect, test } from 'vitest';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { aRecord } from '../../control/record-builder.ts';

const LEFT = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'denied' }];

/** As version 1 wrote it: without a subject, and without what was added to it later. */
const version1 = (changes: object = {}): unknown => {
  const { subject: _subject, unfinished: _unfinished, unrestored: _unrestored, remedy: _remedy, ...rest } = aRecord();
  return JSON.parse(JSON.stringify({ ...rest, version: 1, ...changes }));
};

describe('a record of version 1', () => {
  test('says the same in version 2', () => {
    expect(WORKSPACE_RECORDS.parse(version1())).toEqual(aRecord());
  });

  test('that does not say which launches left something is of the last one', () => {
    expect(WORKSPACE_RECORDS.parse(version1({ leftovers: LEFT }))).toMatchObject({ unfinished: ['launch-1'] });
    expect(WORKSPACE_RECORDS.parse(version1({ leftovers: LEFT, unfinished: [] }))).toMatchObject({ unfinished: [] });
  });

  test('keeps what it says of a removal to be gone on with', () => {
    const unrestored = [{ step: 'jobs-role', before: { resource: { type: 't', id: 'i', name: 'n' }, was: {} } }];
    const said = { remedy: 'sweep', unrestored };
    expect(WORKSPACE_RECORDS.parse(version1(said))).toMatchObject(said);
  });
});

test('a record of version 2 is what it was, and one of a later version is refused', () => {
  const record = aRecord({ leftovers: LEFT, unfinished: ['a', 'b'] });
  expect(WORKSPACE_RECORDS.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  expect(() => WORKSPACE_RECORDS.parse({ ...record, version: 3 })).toThrow(/newer version/);
});
