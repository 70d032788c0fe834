import { describe, expect, test } from 'vitest';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { kmsAliasOf, nameTagOf, workdirOf } from '#domain/storage/names.ts';
import { renderStorageConfig } from '#domain/storage/nextflow-config.ts';
import { planStorage } from '#domain/storage/plan.ts';
import { STORAGE_RECORDS, type StorageRecord, storageRetryOf } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import { aStorage } from '../../support/storage-runs.ts';

test('a storage has one workflow id and one record, by environment and escaped user id', () => {
  const subject = storageSubject({ environment: 'brh-data-commons-org', user: 'Jane@x' });
  expect(subjectWorkflowId(subject)).toBe('storage/brh-data-commons-org/-4aane-40x');
});

test('names are those of gen3-workflow, and no two buckets share an alias', () => {
  expect(workdirOf('gen3wf-h-1')).toBe('s3://gen3wf-h-1/ga4gh-tes');
  expect(kmsAliasOf('gen3wf-h-1')).toBe('alias/gen3wf-h-1');
  // KMS takes no dots, and buckets have no underscores.
  expect(kmsAliasOf('gen3wf-h-a.b')).toBe('alias/gen3wf-h-a_b');
  expect(nameTagOf('qwert.qwert')).toBe('gen3wf-qwert-qwert');
});

describe('the plan', () => {
  test('without encryption only TLS is wanted, and no key', () => {
    const plan = planStorage(aStorage({ settings: { kms: false } }), 'run');
    expect(plan['encryption-key'].wanted).toBe(false);
    expect(plan.bucket.bucket.policy).toContain('RequireTLS');
    expect(plan.bucket.bucket.policy).not.toContain('KMS');
  });

  test('Arborist is told where it is there and the user has a name', () => {
    expect(planStorage(aStorage({ arborist: true, username: 'jane' }), '').access).toMatchObject({ username: 'jane' });
    expect(planStorage(aStorage({ arborist: true, username: null }), '').access).toBeNull();
    expect(planStorage(aStorage({ arborist: false }), '').access).toBeNull();
  });
});

describe('a retry', () => {
  const record = (changes: Partial<StorageRecord>) =>
    ({ phase: 'ready', operation: null, leftovers: [], remedy: null, ...changes }) as unknown as StorageRecord;
  const left = [{ type: 'AWS::S3::Object', id: 'b/k', name: 'k', reason: 'r' }];
  test.each([
    ['nothing is left', record({}), undefined],
    ['an emptying failed', record({ phase: 'failed', remedy: 'empty' }), 'empty'],
    ['a set-up left something', record({ phase: 'failed', leftovers: left }), 'sweep'],
    ['an emptying ended without a word', record({ phase: 'emptying', operation: {} as never }), 'empty'],
    ['a removal ended without a word', record({ phase: 'deleting', operation: {} as never }), 'dispose'],
  ] as const)('%s', (_name, found, mode) => {
    expect(storageRetryOf(found)).toBe(mode);
  });
});

test('a record of a later version is refused', () => {
  expect(() => STORAGE_RECORDS.parse({ version: 2 })).toThrow('a newer version of Eyrie');
});

test.each(['s3', 'keys'] as const)('the Nextflow configuration for %s', async (mode) => {
  const parts = { bucket: 'gen3wf-h-1', region: 'us-east-1', api: 'https://h/workflows', s3: 'https://h/workflows/s3' };
  await expect(renderStorageConfig({ mode, ...parts, container: 'quay.io/nextflow/bash' })).toMatchFileSnapshot(
    `../golden/storage-${mode}.config`,
  );
});
