/**
 * Shared compute environments. One that is shared makes environments and queues; its tenants make none, and run in those.
 * A tenant has a role for its jobs, a log group, and a share of the queues of its own.
 *
 * Jobs of Batch have the network of their instance, so whoever runs there can be what the instance is: the role of shared
 * instances holds nothing but what ECS needs, and every job works under the role of its tenant.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/networking-modes-jobs.html
 */
import { kindTag } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { ComputeConfig, EyrieOptions, ForgeOptions } from './config.ts';
import type { ComputeInput } from './input.ts';
import { computeSubject } from './subject.ts';

/** Its jobs run beside those of others, under a role and in a share of its own: a tenant, or one that has tenants. */
export const sharesInstances = ({ config, tenancy }: Pick<ComputeInput, 'config' | 'tenancy'>): boolean =>
  config.eyrie.shared || Boolean(tenancy);

/**
 * Its share in the queues, where it has one that is its alone. The id holds letters and digits alone, as Batch wants it,
 * and none is the beginning of another one.
 */
export const ownShareOf = (input: ComputeInput): string | null => (sharesInstances(input) ? input.forgeId : null);

/** A job that carries it can be ended by its owner alone. */
export const ownerTagOf = (input: ComputeInput): { readonly key: string; readonly value: string } => ({
  key: kindTag('compute-environment'),
  value: subjectId(computeSubject(input)),
});

/** Usage of the last hour counts, and nothing is kept free. */
const FAIR_SHARE: NonNullable<EyrieOptions['fairShare']> = {
  shareDecaySeconds: 3_600,
  computeReservation: 0,
  shares: [],
};

/** Who shares instances shares fairly. */
export const fairShareOf = ({ fairShare, shared }: EyrieOptions): EyrieOptions['fairShare'] =>
  fairShare ?? (shared ? FAIR_SHARE : null);

/** Options that a tenant has of its own; all others of their group are those of the shared one. */
const OWN = {
  forge: ['allowBuckets', 'disposeOnDeletion'],
  eyrie: ['tenantOf', 'rolePath', 'permissionsBoundary', 'logRetentionDays', 'canary', 'canaryImage', 'alias'],
} as const satisfies { forge: readonly (keyof ForgeOptions)[]; eyrie: readonly (keyof EyrieOptions)[] };

/** Options of `config` itself that the instances decide. */
const OF_INSTANCES = [
  ...(['waveEnabled', 'fusion2Enabled', 'nvnmeStorageEnabled', 'fusionSnapshots', 'cliPath'] as const),
  'secretsKmsKeyId',
] as const satisfies readonly (keyof ComputeConfig)[];

/** Does a tenant say it, or the one in whose queues it runs? @param option with dots, from `config` on: `forge.maxCpus` */
export const isTenants = (option: string): boolean => {
  const [group = '', name = ''] = option.split('.');
  if (group === 'forge' || group === 'eyrie') return (OWN[group] as readonly string[]).includes(name);
  return !(OF_INSTANCES as readonly string[]).includes(option);
};

const picked = <T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;

/** All options of a tenant: its own, and of the shared one what those of all its tenants are. */
export const asTenant = (own: ComputeConfig, shared: ComputeConfig): ComputeConfig => ({
  ...own,
  ...picked(shared, OF_INSTANCES),
  forge: { ...shared.forge, ...picked(own.forge, OWN.forge) },
  eyrie: { ...shared.eyrie, shared: false, fairShare: fairShareOf(shared.eyrie), ...picked(own.eyrie, OWN.eyrie) },
});

/** Why one is not disposed of, in words that tell nobody who the tenants are. */
export const tenantsRemain = (id: string, count: number): string =>
  `${count} compute ${count === 1 ? 'environment runs' : 'environments run'} in ${id}: dispose of ${count === 1 ? 'it' : 'them'} first (\`eyrie compute list --tenant-of ${id}\`)`;

/** What a tenant says itself, as it said it. */
export const tenantsOwn = (config: ComputeConfig): object => {
  const { forge, eyrie, ...rest } = config;
  const own = Object.entries(rest).filter(([name]) => isTenants(name));
  return { ...Object.fromEntries(own), forge: picked(forge, OWN.forge), eyrie: picked(eyrie, OWN.eyrie) };
};
