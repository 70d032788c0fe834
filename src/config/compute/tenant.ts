/** What a tenant of a shared compute environment may say: the rest of its options are the shared one's. */
import { isTenants } from '#domain/compute/tenancy.ts';
import { EYRIE_FIELDS } from './eyrie.ts';
import type { FieldProblem, Fields } from './fields.ts';
import { FORGE_FIELDS } from './forge.ts';
import { saysSomething } from './ignored.ts';
import { CONFIG_FIELDS } from './platform.ts';

/** @param eyrie `config.eyrie`, as it was given */
export const isTenant = (eyrie: unknown): boolean =>
  membersOf(eyrie).some(([name, value]) => name === 'tenantOf' && value !== null);

/** Its `config.forge`: what is required of others stands here until the shared one is known, and takes its place. */
export const forgeOfTenant = (given: unknown): unknown =>
  isObject(given ?? {}) ? { ...UNKNOWN_YET, ...(given ?? {}) } : given;

const UNKNOWN_YET = { type: 'EC2', maxCpus: 1 };

interface Given {
  /** `config` without its groups. */
  readonly options: unknown;
  readonly forge: unknown;
  readonly eyrie: unknown;
}

/** Options that it can't have of its own. */
export const notTenants = ({ options, forge, eyrie }: Given): readonly FieldProblem[] => [
  ...notOwn('', CONFIG_FIELDS, options),
  ...notOwn('forge.', FORGE_FIELDS, forge),
  ...notOwn('eyrie.', EYRIE_FIELDS, eyrie),
];

const notOwn = (at: string, fields: Fields, given: unknown): FieldProblem[] =>
  membersOf(given)
    .filter(([name, value]) => Object.hasOwn(fields, name) && saysSomething(value) && !isTenants(`${at}${name}`))
    .map(([name]) => ({
      path: `config.${at}${name}`,
      message: 'is decided by the shared compute environment that it is a tenant of: leave it out',
    }));

const membersOf = (given: unknown): [string, unknown][] => (isObject(given) ? Object.entries(given) : []);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
