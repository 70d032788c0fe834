import { describe, expect, test } from 'vitest';
import { createControl } from '#control/control.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { apiRig, ENVIRONMENT, idOf } from './rig.ts';

const claim = (rig: ReturnType<typeof apiRig>, idempotencyKey?: string, as: 'alice' | 'hatchery' = 'alice') =>
  rig.call(as, 'POST', `/v1/workspaces/${idOf('alice')}/credentials`, undefined, {
    ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
  });

const seals = (rig: ReturnType<typeof apiRig>) => rig.s3.keys().filter((key) => key.startsWith('seals/'));

describe('happy', () => {
  test('the key is handed out once, then its seal is gone', async () => {
    const rig = apiRig();
    const { key } = await rig.launched('alice');
    const answer = await claim(rig);
    expect(answer).toMatchObject({
      status: 200,
      body: { accessKeyId: key?.id, secretAccessKey: `secret-of-${key?.id}`, region: 'us-east-1' },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(seals(rig)).toEqual([]);
    const again = await claim(rig);
    expect(again).toMatchObject({ status: 410, body: { code: 'AlreadyClaimed' } });
    expect(again.text).not.toContain('secret-of');
  });

  test('of ten callers at once, one gets it', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    const answers = await Promise.all(Array.from({ length: 10 }, () => claim(rig)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(9);
  });

  test('an Idempotency-Key repeats the answer to the same caller for ten minutes', async () => {
    let now = Date.now();
    const rig = apiRig({ now: () => now });
    await rig.launched('alice');
    const first = await claim(rig, 'k1');
    expect((await claim(rig, 'k1')).body).toEqual(first.body);
    expect((await claim(rig, 'k2')).status).toBe(410);
    expect((await claim(rig)).status).toBe(410);
    expect((await claim(rig, 'k1', 'hatchery')).status).toBe(410);
    expect((await claim(rig, 'k1')).status).toBe(200);

    now += 10 * 60_000 + 1;
    expect((await claim(rig, 'k1')).status).toBe(410);
    expect(seals(rig)).toEqual([]);
  });

  test('a relaunch makes a key that can be claimed again', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await claim(rig);
    await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
    await rig.finish('alice');
    expect((await claim(rig)).status).toBe(200);
  });
});

describe('error', () => {
  test('before the launch is done: 409 with the operation', async () => {
    const rig = apiRig();
    await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
    expect(await claim(rig)).toMatchObject({
      status: 409,
      body: { code: 'NotReady', operation: { type: 'launchWorkspace' } },
    });
  });

  test.each(['parked', 'failed', 'disposed'] as const)('a %s workspace: 409', async (phase) => {
    const rig = apiRig();
    await rig.launched('alice', { phase });
    expect(await claim(rig)).toMatchObject({ status: 409, body: { code: 'NotReady', operation: null } });
  });

  test('an outage of S3 does not use the claim up', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    const { fail } = await import('#domain/core/failures.ts');
    rig.s3.broken = fail('Unavailable', 'S3 does not answer', { operation: 's3:GetObject' });
    expect(await claim(rig)).toMatchObject({
      status: 503,
      body: { detail: expect.stringMatching(/own call s3:GetObject is not answered.*try again$/) },
    });
    rig.s3.broken = undefined;
    expect((await claim(rig)).status).toBe(200);
  });

  test('the seal of another launch is not handed out', async () => {
    const rig = apiRig();
    const record = await rig.launched('alice');
    const subject = workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' });
    await rig.control.seals.destroy(subject, record.key?.id ?? '');
    await rig.control.seals.put(subject, { accessKeyId: 'AKIAOTHER', secretAccessKey: 'other' }, record.launchId);
    const answer = await claim(rig);
    expect(answer.status).toBe(410);
    expect(answer.text).not.toContain('other"');
  });
});

test('a sealing key that was taken away is the operator’s trouble: 503, the log names it, and nothing is used up', async () => {
  const rig = apiRig();
  const { key } = await rig.launched('alice');
  const subject = workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' });
  const sealingKeys = [{ id: '2025-01', key: new Uint8Array(32).fill(7) }];
  const before = createControl({ s3: rig.s3, bucket: 'control', sealingKeys });
  await before.seals.destroy(subject, key?.id ?? '');
  await before.seals.put(subject, { accessKeyId: key?.id ?? '', secretAccessKey: 'secret-of-it' }, 'launch-1');

  const answer = await claim(rig);
  expect(answer).toMatchObject({
    status: 503,
    body: { code: 'SealUnreadable', detail: expect.stringContaining('sealing key 2025-01 is not configured') },
  });
  expect(answer.headers.get('retry-after')).toBe('5');
  const [line] = rig.lines.filter((one) => one.includes('SealUnreadable'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ msg: 'request failed', requestId: expect.any(String) });
  expect(line).toContain('sealing key 2025-01');

  // With the key back it is handed out.
  await before.seals.destroy(subject, key?.id ?? '');
  await rig.control.seals.put(subject, { accessKeyId: key?.id ?? '', secretAccessKey: 'secret-of-it' }, 'launch-1');
  expect((await claim(rig)).body).toMatchObject({ secretAccessKey: 'secret-of-it' });
});
