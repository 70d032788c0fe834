/**
 * Activities without AWS, for tests of the workflows' own rules: each answers at once with what its name promises, and
 * a test can make one fail, hang or count. What exists is a set of names, so that "nothing is left" can be asked. What an
 * activity does follows from its verb, so that those of a new step are there without a line here.
 */

import { activityInfo, Context } from '@temporalio/activity';
import { activeKey } from '#domain/core/access-key.ts';
import { type FailureCode, fail, notYet } from '#domain/core/failures.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { workspaceNames } from '#domain/workspace/names.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';

export type Fake = (...args: never[]) => Promise<unknown>;

interface Scripted {
  readonly code: FailureCode;
  times: number;
}

/** Answers that other activities are given. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  preflightNetwork: { jobZones: ['a', 'b', 'c'], squidZone: 'a' },
  preflightImages: { imageId: 'ami-1', imageFamily: 'AL2023', squidImageId: 'ami-2' },
  joinFoundation: {
    instanceProfileArn: 'arn:profile',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k',
    bucket: 'b',
    made: [],
  },
  findDefaultSecurityGroup: 'sg-0',
  ensureLaunchTemplate: { template: { id: 'lt-1', version: '1' } },
  ensureWorkspaceToken: { id: 'token-1', createdAt: '2026-01-01T00:00:00.000Z' },
  ensureKmsKey: { arn: 'arn:aws:kms:us-east-1:123456789012:key/k' },
  ensureAccessKey: { accessKeyId: 'AKIAFAKEFAKEFAKEFAKE', createdAt: '2026-01-01T00:00:00.000Z', earlier: [] },
};

/** `ensureVpc` makes a `Vpc`, `deleteVpc` takes it, `findRemainingVpcs` tells of it. A route goes with its table. */
const thingOf = (activity: string, verbs: RegExp): string | undefined => {
  const thing = verbs.test(activity) ? activity.replace(verbs, '').replace(/s$/, '') : undefined;
  return thing?.endsWith('Route') ? undefined : thing;
};
const MAKES = /^(ensure|reserve)/;
const TAKES = /^(delete|terminate|release)/;
const TELLS = /^findRemaining/;

/** What an activity takes away. */
export const takenBy = (activity: string): string | undefined => thingOf(activity, TAKES);

/** An attempt that a test has caught: it waits there until it is told how to end. */
export interface Caught {
  /** Resolved once an attempt is under way. */
  readonly met: Promise<void>;
  /** Ends it: by what this returns or throws. Left out: it does its work. */
  readonly end: (how?: () => Promise<unknown>) => void;
}

const nameOf = (spec: never): string => {
  const { name, userName } = spec as { name?: string; userName?: string };
  return name ?? userName ?? '';
};

const firstRecord = (input: Pick<LaunchInput, 'workspace' | 'launchId' | 'fingerprint'>): WorkspaceRecord => ({
  version: 2,
  subject: workspaceSubject(input.workspace),
  id: input.workspace.workspaceId,
  workspace: input.workspace,
  phase: 'launching',
  phaseBefore: null,
  operation: null,
  launchId: input.launchId,
  fingerprint: input.fingerprint,
  key: null,
  steps: [],
  resources: [],
  resolved: null,
  nextflowConfig: null,
  error: null,
  leftovers: [],
  unfinished: [],
  unrestored: [],
  remedy: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  disposedAt: null,
});

/** @param kind what activities of another kind than workspaces do, by name; `exists`: ids of all that is there */
export const createFakes = (kind: (exists: Set<string>) => Readonly<Record<string, Fake>> = () => ({})) => {
  const exists = new Set<string>();
  const ofKind = kind(exists);
  const answers: Record<string, unknown> = { ...ANSWERS };
  const calls: string[] = [];
  const scripted = new Map<string, Scripted>();
  const hanging = new Map<string, number>();
  const traps: { readonly call: string; readonly spring: () => Promise<(() => Promise<unknown>) | undefined> }[] = [];
  /** `<step>/<activity>` of every call. */
  const callsByStep: string[] = [];
  let record: WorkspaceRecord | null = null;

  const attempt = async (name: string, args: never[]): Promise<unknown> => {
    calls.push(name);
    const call = Context.current().info.activityId.split('/').slice(0, 2).join('/');
    callsByStep.push(call);
    const trap = traps.findIndex((one) => one.call === call);
    const end = trap < 0 ? undefined : await traps.splice(trap, 1)[0]?.spring();
    if (end) return await end();
    const script = scripted.get(name) ?? scripted.get(TELLS.exec(name)?.[0] ?? '');
    if (script && script.times !== 0) {
      script.times -= 1;
      throw fail(script.code, `${name} was told to fail`);
    }
    const hang = hanging.get(name);
    if (hang !== undefined) throw notYet(`${name} was told to wait`, hang);
    return await (ofKind[name]?.(...args) ?? ofRecord[name]?.(...args) ?? byItsVerb(name, args[0] as never));
  };

  const byItsVerb = async (name: string, spec: never): Promise<unknown> => {
    const made = thingOf(name, MAKES);
    if (made) {
      const id = `${made} ${nameOf(spec)}`.trim();
      exists.add(id);
      return { made: { type: `Fake::${made}`, id, name: made, origin: 'created' }, ...(answers[name] as object) };
    }
    const taken = takenBy(name);
    if (taken) exists.delete(`${taken} ${nameOf(spec)}`.trim());
    const told = thingOf(name, TELLS);
    if (told) {
      const isAsked = (id: string): boolean =>
        name.endsWith('s') ? id.split(' ')[0] === told : id === `${told} ${nameOf(spec)}`;
      return [...exists].filter(isAsked).map((id) => ({ id, name: null }));
    }
    return answers[name] ?? null;
  };

  const ofRecord: Record<string, Fake> = {
    openRecord: async ({ launch, operation }: never) => {
      const input = launch as { workspace: WorkspaceRecord['workspace']; launchId: string; fingerprint: string };
      const phaseBefore = record?.phase ?? null;
      // A launch that ended without a word may have left anything.
      const silent = record?.phase === 'launching' ? [record.launchId] : [];
      record = {
        ...firstRecord(input),
        phaseBefore,
        operation,
        key: record?.key ?? null,
        resources: record?.resources ?? [],
        leftovers: record?.leftovers ?? [],
        unfinished: [...(record?.unfinished ?? []), ...silent],
        unrestored: record?.unrestored ?? [],
        remedy: record?.remedy ?? null,
      };
      return { record };
    },
    openRotation: async ({ operation, rotationId }: never) => {
      if (record?.phase !== 'running') throw fail('NotReady', 'it does not run');
      record = { ...record, phaseBefore: 'running', operation, unfinished: [...record.unfinished, rotationId] };
      return { record };
    },
    openTermination: async ({ mode, unchangedSince }: never) => {
      if (!record || (unchangedSince && record.updatedAt > String(unchangedSince))) return { record: null };
      // A sweep leaves the workspace what it is: failed, and what it was before.
      const keeps = mode === 'sweep' || record.phase === 'launching';
      const phase = mode === 'park' ? 'parking' : mode === 'dispose' ? 'disposing' : record.phase;
      // A launch that is taken over may have left anything.
      const unfinished = [...record.unfinished, ...(record.phase === 'launching' ? [record.launchId] : [])];
      record = { ...record, phaseBefore: keeps ? record.phaseBefore : record.phase, phase, unfinished };
      return { record };
    },
    changeRecord: async (_ids: never, change: never) => {
      if (record) record = { ...record, ...(change as object) };
    },
    restoreAccessKey: async (_spec: never, key: never) => key,
  };

  return {
    /** Whatever is called. */
    activities: { default: (...args: never[]) => attempt(activityInfo().activityType, args) },
    calls,
    callsByStep,
    /** Catches the next attempt of `<step>/<activity>`. */
    catch: (call: string): Caught => {
      const met = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<(() => Promise<unknown>) | undefined>();
      const spring = () => {
        met.resolve();
        return ended.promise;
      };
      traps.push({ call, spring });
      return { met: met.promise, end: ended.resolve };
    },
    /** Things that exist, sorted; subnets and the like by their names. */
    existing: () => [...exists].sort(),
    kinds: () => [...new Set([...exists].map((id) => id.split(' ')[0]))],
    /** `times` -1: for ever. `findRemaining`: all that begin with it. */
    failing: (name: string, code: FailureCode, times = -1) => scripted.set(name, { code, times }),
    /** What an activity answers from now on. */
    answer: (name: string, value: unknown) => {
      answers[name] = value;
    },
    answerOf: (name: string): unknown => answers[name],
    mend: (name: string) => scripted.delete(name),
    /** The activity answers NotYet until released. */
    hang: (name: string, everyMs = 60_000) => hanging.set(name, everyMs),
    release: (name: string) => hanging.delete(name),
    record: () => record,
    /** The record lists one more resource of the proxy. */
    lists: (type: string, id: string) => {
      if (!record) throw new Error('no record');
      const resource = { type, id, name: null, origin: 'created', step: 'squid' } as const;
      record = { ...record, resources: [...record.resources, resource] };
    },
    /** As if this launch had been made: it runs, with the key that is made first. */
    runs: (input: LaunchInput) => {
      const { hostname, user, account } = input.workspace;
      exists.add(`AccessKey ${workspaceNames({ hostname, user, accountId: account.accountId }).clientUser}`);
      record = {
        ...firstRecord(input),
        phase: 'running',
        key: activeKey('AKIAFAKEFAKEFAKEFAKE', '2026-01-01T00:00:00.000Z'),
      };
    },
    /** Back to an empty account, without a record. */
    forget: () => {
      exists.clear();
      record = null;
    },
    attempt: () => Context.current().info.attempt,
  };
};
