import { expect, test } from 'vitest';
import { anyRecords } from '#domain/core/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { aRecord } from '../../control/record-builder.ts';

const key = { accessKeyId: 'AKIA1', launchId: 'launch-1', createdAt: '2026-01-01T00:00:00.000Z' };

test('a record of version 1 names its key as one that works, whoever reads it', () => {
  const { subject: _none, ...old } = aRecord();
  const stored = { ...old, version: 1, key };
  const now = { id: 'AKIA1', state: 'active', createdAt: key.createdAt, expiresAt: null };
  expect(WORKSPACE_RECORDS.parse(stored)).toMatchObject({ version: 2, key: now });
  expect(WORKSPACE_RECORDS.parse({ ...stored, key: null })).toMatchObject({ version: 2, key: null });
  expect(anyRecords('workspace').parse(stored).key).toEqual({ id: 'AKIA1' });
  expect(anyRecords('workspace').parse(aRecord()).key).toMatchObject({ id: 'AKIAKEY1' });
  expect(anyRecords('key-holder').parse({ keys: [] }).key).toBeNull();
  expect(() => WORKSPACE_RECORDS.parse({ ...stored, version: 3 })).toThrow(/newer version/);
});
