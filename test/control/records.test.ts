import { describe, expect, test } from 'vitest';
import { WriteConflict } from '#control/objects.ts';
import { DISPOSED_KEPT_MS } from '#control/records.ts';
import { escapeUser } from '#domain/core/escaping.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { aRecord } from './record-builder.ts';
import { controlRig } from './rig.ts';

const subjectOf = ({ workspace }: ReturnType<typeof aRecord>) => workspaceSubject(workspace);

describe('records', () => {
  test('what was written is read again, also for a user whose escaped name holds a space', async (t) => {
    const { control } = await controlRig(t);
    const record = aRecord({ user: 'a\tb' });
    expect(record.workspace.escapedUser).toContain(' ');
    const etag = await control.records(WORKSPACE_RECORDS).create(record);
    expect(await control.records(WORKSPACE_RECORDS).read(subjectOf(record))).toEqual({ record, etag });
    expect(
      await control.records(WORKSPACE_RECORDS).read(workspaceSubject({ environment: 'other', escapedUser: 'x' })),
    ).toBeUndefined();
  });

  test('a record is made once, and of writers who read the same version one wins', async (t) => {
    const { control } = await controlRig(t);
    const record = aRecord();
    const etag = await control.records(WORKSPACE_RECORDS).create(record);
    await expect(control.records(WORKSPACE_RECORDS).create(record)).rejects.toThrow(WriteConflict);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, writer) =>
        control.records(WORKSPACE_RECORDS).write({ ...record, fingerprint: `${writer}` }, etag),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a disposed workspace is there for 30 days and can be made anew after them', async (t) => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const { control } = await controlRig(t, { now: () => now });
    const disposed = aRecord({ phase: 'disposed', disposedAt: new Date(now).toISOString() });
    const ids = subjectOf(disposed);
    await control.records(WORKSPACE_RECORDS).create(disposed);
    now += DISPOSED_KEPT_MS;
    expect(await control.records(WORKSPACE_RECORDS).read(ids)).toMatchObject({ record: disposed });
    await expect(control.records(WORKSPACE_RECORDS).create(aRecord())).rejects.toThrow(WriteConflict);
    now += 1;
    expect(await control.records(WORKSPACE_RECORDS).read(ids)).toBeUndefined();
    expect(await control.records(WORKSPACE_RECORDS).list({ environment: ids.environment, limit: 10 })).toEqual({
      items: [],
      nextCursor: null,
    });
    await control.records(WORKSPACE_RECORDS).create(aRecord());
    expect(await control.records(WORKSPACE_RECORDS).read(ids)).toMatchObject({ record: { phase: 'running' } });
  });
});

describe('the list', () => {
  const users = Array.from({ length: 18 }, (_, index) => `user${String(index).padStart(2, '0')}`);

  // More than are read at once, so that a page is put together from several reads.
  test('pages hold every record once, whatever the limit', async (t) => {
    const { control } = await controlRig(t);
    const { environment } = aRecord().workspace;
    await Promise.all(users.map((user) => control.records(WORKSPACE_RECORDS).create(aRecord({ user }))));
    for (const limit of [5, 18, 100]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await control.records(WORKSPACE_RECORDS).list({ environment, limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ record }) => record.workspace.user));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(users);
    }
    expect((await control.records(WORKSPACE_RECORDS).list({ environment: 'other', limit: 5 })).items).toEqual([]);
  });

  test('names that are asked for besides have their place, with a record or without, whatever the limit', async (t) => {
    const { control } = await controlRig(t);
    const { environment } = aRecord().workspace;
    const records = control.records(WORKSPACE_RECORDS);
    await Promise.all(users.map((user) => records.create(aRecord({ user }))));
    const others = users.map((user) => `${user}a`);
    const named = ['aaron', ...others, ...users.slice(0, 2), 'zoe'];
    const expected = ['aaron', ...users.flatMap((user, index) => [user, others[index] ?? '']), 'zoe'];
    for (const limit of [1, 7, 100]) {
      const seen: [string, boolean][] = [];
      let cursor: string | undefined;
      do {
        const page = await records.listNamed({ environment, named, limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ name, record }): [string, boolean] => [name, record !== undefined]));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(expected.map((name) => [name, users.includes(name)]));
    }
    const none = { environment, named, limit: 9, fits: () => false };
    expect((await records.listNamed({ ...none, name: 'user01' })).items).toEqual([]);
    expect((await records.listNamed({ ...none, name: 'zoe' })).items).toEqual([{ name: 'zoe', record: undefined }]);
  });

  test('keeps to one name and to what fits, and refuses a cursor of another list', async (t) => {
    const { control } = await controlRig(t);
    const { environment } = aRecord().workspace;
    for (const user of users.slice(0, 4)) {
      await control
        .records(WORKSPACE_RECORDS)
        .create(aRecord({ user, phase: user === 'user02' ? 'parked' : 'running' }));
    }
    const parked = await control.records(WORKSPACE_RECORDS).list({
      environment,
      fits: ({ phase }) => phase === 'parked',
      limit: 10,
    });
    expect(parked.items.map(({ record }) => record.workspace.user)).toEqual(['user02']);
    const ofUser = (user: string) =>
      control.records(WORKSPACE_RECORDS).list({
        environment,
        name: escapeUser(user),
        fits: ({ workspace }) => workspace.user === user,
        limit: 10,
      });
    const own = await ofUser('user01');
    expect(own.items.map(({ record }) => record.workspace.user)).toEqual(['user01']);
    // `Ab` and `Л` are escaped to the same text: the record is the one of the user who wrote it.
    await control.records(WORKSPACE_RECORDS).create(aRecord({ user: 'Ab' }));
    expect((await ofUser('Л')).items).toEqual([]);
    expect((await ofUser('Ab')).items).toHaveLength(1);

    const { nextCursor } = await control.records(WORKSPACE_RECORDS).list({ environment, limit: 1 });
    for (const cursor of ['nonsense', `${nextCursor}!`, Buffer.from('seals/x').toString('base64url')]) {
      await expect(control.records(WORKSPACE_RECORDS).list({ environment, limit: 1, cursor })).rejects.toMatchObject({
        type: 'Invalid',
      });
    }
  });
});
