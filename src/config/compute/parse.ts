/** From a body to what a compute environment is made from, or to everything that is wrong with it. */
import type { ComputeConfig } from '#domain/compute/config.ts';
import type { OnFailure } from '#domain/compute/input.ts';
import { notesOf } from '#domain/compute/notes.ts';
import { brokenRules } from '#domain/compute/rules.ts';
import { isTenants } from '#domain/compute/tenancy.ts';
import type { Tags } from '#domain/core/ownership.ts';
import { ENVELOPE_FIELDS } from './body.ts';
import { EYRIE_FIELDS } from './eyrie.ts';
import { type FieldProblem, type Fields, type Parsed, parseFields, type ValuesOf } from './fields.ts';
import { FORGE_FIELDS } from './forge.ts';
import { withoutIgnored } from './ignored.ts';
import { CONFIG_FIELDS } from './platform.ts';
import { forgeOfTenant, isTenant, notTenants } from './tenant.ts';

export interface ComputeBody {
  readonly name: string;
  readonly description: string | null;
  readonly labels: Tags;
  readonly account: { readonly id: string; readonly roleArn: string | null; readonly externalId: string | null } | null;
  readonly onFailure: OnFailure;
  readonly config: ComputeConfig;
}

export type ParsedBody =
  | {
      readonly ok: true;
      readonly value: ComputeBody;
      /** Of members that were left out of account. */
      readonly warnings: readonly string[];
      /** Worth knowing of what is accepted. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** Forms, names, and what options demand of each other: all that is wrong, at once. */
export const parseComputeBody = (body: unknown): ParsedBody => {
  if (!isObject(body)) return { ok: false, problems: [{ path: 'body', message: 'must be an object' }] };
  const { config: given, ...envelope } = body;
  const top = parseGroup(ENVELOPE_FIELDS, envelope, '');
  const config = parseConfig(given);
  const problems = [...top.problems, ...config.problems];
  if (problems.length > 0 || config.value === undefined) return { ok: false, problems };
  const { platform: _, ...values } = complete(top);
  return {
    ok: true,
    value: { ...values, config: config.value },
    warnings: [...top.warnings, ...config.warnings],
    notes: notesOf(config.value),
  };
};

interface ParsedConfig {
  /** Undefined where there are problems. */
  readonly value?: ComputeConfig;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
}

/** `config` alone: also what an update puts together. */
export const parseConfig = (given: unknown): ParsedConfig => {
  if (!isObject(given)) {
    const message = given === undefined ? 'required' : 'must be an object';
    return { problems: [{ path: 'config', message }], warnings: [] };
  }
  const { forge: givenForge, eyrie: givenEyrie, ...options } = given;
  const tenant = isTenant(givenEyrie);
  const config = parseGroup(CONFIG_FIELDS, options, 'config.');
  const forge = parseGroup(FORGE_FIELDS, tenant ? forgeOfTenant(givenForge) : givenForge, 'config.forge.');
  const eyrie = parseGroup(EYRIE_FIELDS, givenEyrie ?? {}, 'config.eyrie.');
  const problems = [
    ...[config, forge, eyrie].flatMap((group) => group.problems),
    ...fusion1(givenForge),
    ...(tenant ? notTenants({ options, forge: givenForge, eyrie: givenEyrie }) : []),
  ];
  // What is not usable is left out, and the rules that read it say nothing.
  const usable = { ...config.values, forge: forge.values, eyrie: eyrie.values } as ComputeConfig;
  // What instances are like is not a tenant's to say: its place is taken before it counts.
  const broken = brokenRules(usable, (option) => isThere(usable, option)).filter(({ at }) => !tenant || isTenants(at));
  const all = [...problems, ...broken.map(({ at, message }) => ({ path: `config.${at}`, message }))];
  const warnings = [...config.warnings, ...forge.warnings, ...eyrie.warnings];
  if (all.length > 0) return { problems: all, warnings };
  return {
    value: { ...complete(config), forge: complete(forge), eyrie: complete(eyrie) },
    problems: [],
    warnings,
  };
};

const GROUPS: Readonly<Record<string, Fields>> = {
  '': ENVELOPE_FIELDS,
  'config.': CONFIG_FIELDS,
  'config.forge.': FORGE_FIELDS,
  'config.eyrie.': EYRIE_FIELDS,
};

const parseGroup = <F extends Fields>(
  fields: F,
  given: unknown,
  at: string,
): Parsed<F> & { readonly warnings: readonly string[] } => {
  if (!isObject(given)) return { ...parseFields(fields, given, at), warnings: [] };
  const { rest, warnings } = withoutIgnored(given, at);
  return { ...parseFields(fields, rest, at, (name) => elsewhere(name, at)), warnings };
};

/** An option that stands in the wrong place. */
const elsewhere = (name: string, at: string): string | undefined => {
  const [group] = Object.entries(GROUPS).find(([other, fields]) => other !== at && Object.hasOwn(fields, name)) ?? [];
  if (group === undefined) return undefined;
  return `no such option here: it belongs to ${group === '' ? 'the body itself' : group.slice(0, -1)}`;
};

const fusion1 = (forge: unknown): FieldProblem[] =>
  isObject(forge) && forge.fusionEnabled === true
    ? [{ path: 'config.forge.fusionEnabled', message: 'Fusion 1 is no more: set config.fusion2Enabled instead' }]
    : [];

/** Without problems all fields are there. */
const complete = <F extends Fields>({ values }: Parsed<F>): ValuesOf<F> => values as ValuesOf<F>;

const isThere = (config: ComputeConfig, option: string): boolean =>
  option.split('.').reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), config) !== undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
