/** What an update may change of a compute environment, and what only another one can have. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Problem } from '../core/failures.ts';
import type { ComputeConfig } from './config.ts';
import type { ComputeInput } from './input.ts';
import { fairShareOf } from './tenancy.ts';

/** Names alone: AWS knows nothing of them. */
export const isRename = (before: ComputeInput, after: ComputeInput): boolean =>
  isSame({ ...before, name: after.name, description: after.description }, after);

/** Nothing differs. */
export const isSame = (before: unknown, after: unknown): boolean => canonicalJson(before) === canonicalJson(after);

interface Fixed {
  readonly pointer: string;
  /** What of it can't change. */
  readonly of: (config: ComputeConfig) => unknown;
  readonly why: string;
}

const QUEUE = 'a queue takes environments of one kind and one architecture';
const DATA = 'data would stay behind in the file system that it has';
const POLICY = 'Batch decides it when a queue is made';
const ROLES = 'its roles are made with it';

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateComputeEnvironment.html */
const FIXED: readonly Fixed[] = [
  { pointer: '/config/region', of: ({ region }) => region, why: 'it is in this region' },
  { pointer: '/config/forge/type', of: ({ forge }) => forge.type, why: 'its pools follow from it' },
  { pointer: '/config/forge/fargateHeadEnabled', of: ({ forge }) => forge.fargateHeadEnabled, why: QUEUE },
  { pointer: '/config/forge/arm64Enabled', of: ({ forge }) => forge.arm64Enabled, why: QUEUE },
  { pointer: '/config/forge/dragenEnabled', of: ({ forge }) => forge.dragenEnabled, why: 'its pools follow from it' },
  { pointer: '/config/forge/efsCreate', of: ({ forge }) => forge.efsCreate, why: DATA },
  { pointer: '/config/forge/efsId', of: ({ forge }) => forge.efsId, why: DATA },
  { pointer: '/config/forge/fsxSize', of: ({ forge }) => forge.fsxSize !== null, why: DATA },
  { pointer: '/config/forge/fsxName', of: ({ forge }) => forge.fsxName, why: DATA },
  { pointer: '/config/eyrie/shared', of: ({ eyrie }) => eyrie.shared, why: 'its roles and queues follow from it' },
  { pointer: '/config/eyrie/tenantOf', of: ({ eyrie }) => eyrie.tenantOf, why: 'its jobs run there' },
  {
    pointer: '/config/eyrie/fairShare',
    of: ({ eyrie }) => fairShareOf(eyrie) !== null,
    why: `${POLICY}; the shares can be changed`,
  },
  { pointer: '/config/eyrie/serviceRole', of: ({ eyrie }) => eyrie.serviceRole, why: 'Batch does not swap it' },
  { pointer: '/config/eyrie/rolePath', of: ({ eyrie }) => eyrie.rolePath, why: ROLES },
  { pointer: '/config/executionRole', of: ({ executionRole }) => executionRole === null, why: ROLES },
  { pointer: '/config/headJobRole', of: ({ headJobRole }) => headJobRole === null, why: ROLES },
  { pointer: '/config/logGroup', of: ({ logGroup }) => logGroup === null, why: 'its log group is made with it' },
  { pointer: '/config/eyrie/kmsKeyId', of: keyOfData, why: 'a file system keeps the key that it was made with' },
];

function keyOfData({ forge, eyrie }: ComputeConfig): unknown {
  return forge.efsCreate || forge.fsxSize !== null ? eyrie.kmsKeyId : null;
}

/** Of pools that stay; and of those that others run in, which they are. */
const refusedPools = (before: ComputeConfig, after: ComputeConfig): readonly string[] => {
  const names = ({ eyrie }: ComputeConfig) => eyrie.pools.map(({ name }) => name).toSorted();
  const tenants =
    before.eyrie.shared && !isSame(names(before), names(after))
      ? ['can’t be changed: its tenants go by the pools that they know']
      : [];
  const kept = before.eyrie.pools.flatMap(({ name, label, arm64Enabled }) => {
    const next = after.eyrie.pools.find((pool) => pool.name === name);
    if (!next || isSame({ label, arm64Enabled }, { label: next.label, arm64Enabled: next.arm64Enabled })) return [];
    return [`can’t be changed: pool ${name} keeps its label and its architecture; another pool has others`];
  });
  return [...tenants, ...kept];
};

/** FSx makes one larger while it is used, and none smaller. */
const shrinks = (before: ComputeConfig, after: ComputeConfig): boolean =>
  after.forge.fsxSize !== null && after.forge.fsxSize < (before.forge.fsxSize ?? 0);

/** Empty: an update can do it. */
export const refusedChanges = (before: ComputeInput, after: ComputeInput): readonly Problem[] => [
  ...(isSame(before.account, after.account) ? [] : [{ pointer: '/account', detail: 'it is in this account' }]),
  ...FIXED.filter(({ of }) => !isSame(of(before.config), of(after.config))).map(({ pointer, why }) => ({
    pointer,
    detail: `can’t be changed: ${why}`,
  })),
  ...refusedPools(before.config, after.config).map((detail) => ({ pointer: '/config/eyrie/pools', detail })),
  ...(shrinks(before.config, after.config)
    ? [{ pointer: '/config/forge/fsxSize', detail: `can’t be less than ${before.config.forge.fsxSize}: it only grows` }]
    : []),
];
