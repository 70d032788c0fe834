import { GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, type TestContext, test } from 'vitest';
import { claimOf, credentialOf } from '#api/workspaces/credential.ts';
import { REPEAT_WINDOW_MS } from '#control/claims.ts';
import { claimKey } from '#control/keys.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { aRecord } from './record-builder.ts';
import { controlRig } from './rig.ts';

const SECRET = { accessKeyId: 'AKIAKEY1', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzSECRET' };
const START = Date.parse('2026-01-01T00:00:00Z');

/** A running workspace with a sealed key, and a clock that a test can turn. */
const claimable = async (t: TestContext, changes: Partial<WorkspaceRecord> = {}) => {
  const clock = { now: START };
  const rig = await controlRig(t, { now: () => clock.now });
  const record = aRecord(changes);
  const subject = workspaceSubject(record.workspace);
  await rig.control.seals.put(subject, SECRET, 'launch-1');
  const claim = (caller: string, idempotencyKey: string | null = null) =>
    claimOf(rig.control.credentials, record, { caller, idempotencyKey });
  return { ...rig, clock, record, subject, claim };
};

describe('a claim', () => {
  test('of twenty callers at once exactly one is given the secret', async (t) => {
    const { claim, control, record, subject } = await claimable(t);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, caller) => claim(`caller-${caller}`)));
    expect(answers.filter(({ state }) => state === 'claimed')).toEqual([{ state: 'claimed', secret: SECRET }]);
    expect(answers.filter(({ state }) => state === 'gone')).toHaveLength(19);
    expect(await control.seals.info(subject, 'AKIAKEY1')).toBeUndefined();
    expect(await credentialOf(control.credentials, record)).toMatchObject({
      state: 'claimed',
      claimedAt: new Date(START).toISOString(),
    });
  });

  test('an idempotency key repeats the answer for ten minutes, to the same caller only', async (t) => {
    const { claim, clock, control, subject } = await claimable(t);
    const answer = { state: 'claimed', secret: SECRET };
    expect(await claim('test', 'key-1')).toEqual(answer);
    clock.now += REPEAT_WINDOW_MS - 1;
    expect(await claim('test', 'key-1')).toEqual(answer);
    expect(await claim('test', 'key-2')).toEqual({ state: 'gone' });
    expect(await claim('other', 'key-1')).toEqual({ state: 'gone' });
    expect(await claim('test')).toEqual({ state: 'gone' });
    // None of these refusals has used the repeat up.
    expect(await claim('test', 'key-1')).toEqual(answer);
    clock.now += 1;
    expect(await control.seals.info(subject, 'AKIAKEY1')).toBeDefined();
    expect(await claim('test', 'key-1')).toEqual({ state: 'gone' });
    expect(await control.seals.info(subject, 'AKIAKEY1')).toBeUndefined();
  });

  test('the marker holds a hash of the idempotency key, not the key', async (t) => {
    const { claim, raw, bucket, subject } = await claimable(t);
    await claim('test', 'a-very-guessable-key');
    const { Body } = await raw.send(new GetObjectCommand({ Bucket: bucket, Key: claimKey(subject, 'AKIAKEY1') }));
    const marker = await Body?.transformToString();
    expect(marker).toContain('"caller":"test"');
    expect(marker).not.toContain('a-very-guessable-key');
  });

  test('a claim whose marker was written but whose answer was lost is won, not taken', async (t) => {
    const { claim, account } = await claimable(t);
    await account.faults({ service: 's3', operation: 'PutObject', fault: 'lost-answer' });
    expect(await claim('test')).toEqual({ state: 'claimed', secret: SECRET });
  });

  test('a seal that does not open leaves the claim to be made', async (t) => {
    const { record, control, controlWith, subject } = await claimable(t);
    const other = controlWith({ sealingKeys: [{ id: 'other', key: new Uint8Array(32) }] });
    // Said before somebody tries: a launch then makes another key.
    expect(await other.credentials.stateOf(subject, 'AKIAKEY1')).toEqual({ state: 'none', claimedAt: null });
    expect(await control.credentials.stateOf(subject, 'AKIAKEY1')).toMatchObject({ state: 'claimable' });
    const request = { caller: 'test', idempotencyKey: null };
    await expect(claimOf(other.credentials, record, request)).rejects.toMatchObject({
      type: 'SealUnreadable',
      message: expect.stringContaining('sealing key first is not configured'),
    });
    expect(await control.claims.read(subject, 'AKIAKEY1')).toBeUndefined();
    expect(await claimOf(control.credentials, record, request)).toMatchObject({ state: 'claimed' });
  });

  test('while a relaunch is on its way nothing can be claimed', async (t) => {
    const { claim, control, record } = await claimable(t, { phase: 'launching', launchId: 'launch-2' });
    expect(await claim('test')).toEqual({ state: 'not-ready' });
    expect(await credentialOf(control.credentials, record)).toMatchObject({ state: 'pending', accessKeyId: null });
  });
});

describe('the sweep', () => {
  test('destroys the seals whose claims can not be repeated any more, and no others', async (t) => {
    const { claim, clock, control, subject } = await claimable(t);
    const unclaimed = { ...subject, name: 'unclaimed' };
    await control.seals.put(unclaimed, { ...SECRET, accessKeyId: 'AKIAKEY9' }, 'launch-9');
    await claim('test', 'key-1');
    expect(await control.credentials.sweepClaims(subject.environment)).toBe(0);
    clock.now += REPEAT_WINDOW_MS;
    expect(await control.credentials.sweepClaims(subject.environment)).toBe(1);
    expect(await control.seals.info(subject, 'AKIAKEY1')).toBeUndefined();
    expect(await control.seals.open(unclaimed, 'AKIAKEY9')).toMatchObject({ accessKeyId: 'AKIAKEY9' });
  });

  test('destroys the seal of a winner that died before it could', async (t) => {
    const { control, subject } = await claimable(t);
    await control.claims.claim(subject, 'AKIAKEY1', { caller: 'test', idempotencyKey: null });
    expect(await control.credentials.sweepClaims(subject.environment)).toBe(1);
  });
});

test('the credential of a view says none, claimable or claimed', async (t) => {
  const { control, record, subject } = await claimable(t);
  const view = () => credentialOf(control.credentials, record);
  expect(await view()).toMatchObject({ state: 'claimable', accessKeyId: 'AKIAKEY1', claimedAt: null });
  expect(await credentialOf(control.credentials, aRecord({ key: null }))).toMatchObject({ state: 'none' });
  await control.seals.destroy(subject, 'AKIAKEY1');
  expect(await view()).toMatchObject({ state: 'none' });
  await control.claims.claim(subject, 'AKIAKEY1', { caller: 'test', idempotencyKey: null });
  expect(await view()).toMatchObject({ state: 'claimed' });
});
