/** Where things lie in the control bucket. */
import type { IntentRef } from '#domain/core/intent.ts';
import { SUBJECT_KINDS, type SubjectKind, type SubjectRef } from '#domain/core/subject.ts';

/** One segment of a key: letters, digits and `-_.~` stay, so that it reads the same in every console and URL. */
const segment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const RECORDS: Readonly<Record<SubjectKind, string>> = {
  workspace: 'workspaces',
  'compute-environment': 'compute-environments',
  storage: 'storage',
  'key-holder': 'key-holders',
};

export const recordKey = (of: SubjectRef): string =>
  `${recordsPrefix(of.kind, of.environment)}${segment(of.name)}.json`;

export const recordsPrefix = (kind: SubjectKind, environment: string): string =>
  `${RECORDS[kind]}/${segment(environment)}/`;

const under = (what: string, { kind, environment, name }: IntentRef['of']): string =>
  `${what}/${segment(environment)}/${kind}/${segment(name)}/`;

export const sealsPrefix = (of: SubjectRef): string => under('seals', of);

export const environmentSealsPrefix = (environment: string): string => `seals/${segment(environment)}/`;

export const environmentClaimsPrefix = (environment: string): string => `claims/${segment(environment)}/`;

export const sealKey = (of: SubjectRef, accessKeyId: string): string => `${sealsPrefix(of)}${segment(accessKeyId)}.jwe`;

export const claimKey = (of: SubjectRef, accessKeyId: string): string =>
  `${under('claims', of)}${segment(accessKeyId)}.json`;

export const tokensPrefix = (of: SubjectRef): string => under('tokens', of);

export const tokenKey = (of: SubjectRef, hash: string): string => `${tokensPrefix(of)}${segment(hash)}.json`;

/** Of the tasks that hold one key. */
export const leasesPrefix = (of: SubjectRef, accessKeyId: string): string =>
  `${under('leases', of)}${segment(accessKeyId)}/`;

export const leaseKey = (of: SubjectRef, accessKeyId: string, task: string): string =>
  `${leasesPrefix(of, accessKeyId)}${segment(task)}.json`;

export const startsPrefix = (of: SubjectRef): string => under('starts', of);

export const startKey = (of: SubjectRef, hash: string): string => `${startsPrefix(of)}${segment(hash)}.json`;

export const givenNameKey = (of: {
  readonly kind: SubjectKind;
  readonly environment: string;
  readonly name: string;
}): string => `names/${segment(of.environment)}/${of.kind}/${segment(of.name)}.json`;

export const intentKey = ({ of, run, what }: IntentRef): string =>
  `${under('intents', of)}${[...(run === null ? [] : [run]), what].map(segment).join('/')}.json`;

/** Of whatever keys the subject has had. */
export const tracesPrefixes = (of: SubjectRef): readonly string[] =>
  ['seals', 'claims', 'leases', 'intents'].map((what) => under(what, of));

const HELD = ['tokens', 'leases'] as const;

/** What lets somebody in, or keeps a key alive, in the name of the subject. */
export const heldPrefixes = (of: SubjectRef): readonly string[] => HELD.map((what) => under(what, of));

export const environmentHeldPrefixes = (environment: string): readonly string[] =>
  HELD.map((what) => `${what}/${segment(environment)}/`);

/** The subject that the key of a token or lease names, undefined for other keys. */
export const parseHeldKey = (key: string): SubjectRef | undefined => {
  const [, environment = '', kind, name = ''] = /^[a-z]+\/([^/]+)\/([^/]+)\/([^/]+)\/./.exec(key) ?? [];
  const known = SUBJECT_KINDS.find((one) => one === kind);
  return known && { kind: known, environment: decodeURIComponent(environment), name: decodeURIComponent(name) };
};

export const taskRequestKey = (environment: string, userId: string, hash: string): string =>
  `task-requests/${segment(environment)}/${segment(userId)}/${segment(hash)}.json`;

export const installationMarkKey = (environment: string): string => `installations/${segment(environment)}/mark.json`;

export const sweepKey = (environment: string, what: 'latest' | 'first-seen'): string =>
  `sweeps/${segment(environment)}/${what}.json`;

/** The access key that the key of a claim names, undefined for other keys. */
export const parseClaimKey = (key: string): string | undefined => {
  const [, accessKeyId] = /^claims\/[^/]+\/[^/]+\/[^/]+\/([^/]+)\.json$/.exec(key) ?? [];
  return accessKeyId === undefined ? undefined : decodeURIComponent(accessKeyId);
};

/** The holder and access key that the key of a seal names, undefined for other keys. */
export const parseSealKey = (key: string): { of: SubjectRef; accessKeyId: string } | undefined => {
  const [, environment, kind, name, accessKeyId] = /^seals\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\.jwe$/.exec(key) ?? [];
  const known = SUBJECT_KINDS.find((one) => one === kind);
  if (known === undefined || environment === undefined || name === undefined || accessKeyId === undefined)
    return undefined;
  return {
    of: { kind: known, environment: decodeURIComponent(environment), name: decodeURIComponent(name) },
    accessKeyId: decodeURIComponent(accessKeyId),
  };
};
