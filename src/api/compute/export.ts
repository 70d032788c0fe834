/** A compute environment as the body that makes another one like it, or that a change of it is made from. */
import type { ComputeInput, OnFailure } from '#domain/compute/input.ts';
import { tenantsOwn } from '#domain/compute/tenancy.ts';

/** Values that stand for themselves: everywhere else null is what is not said. */
const MEANT: ReadonlySet<string> = new Set(['logRetentionDays', 'unschedulableSeconds']);

/** Without what is not said: null, and lists that are empty. */
export const exportCompute = (compute: ComputeInput, onFailure: OnFailure): Readonly<Record<string, unknown>> => {
  const { name, description, labels, config, account } = compute;
  const { accountId, roleArn } = account;
  return {
    name,
    ...(description !== null && { description }),
    platform: config.discriminator,
    labels: Object.entries(labels).map(([label, value]) => ({ name: label, value })),
    // What is shared stays with the one that shares it.
    config: compact(compute.tenancy ? tenantsOwn(config) : config),
    ...(roleArn !== null && { account: { id: accountId, roleArn } }),
    onFailure,
  };
};

const compact = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(compact);
  if (!isObject(value)) return value;
  const said = Object.entries(value).filter(([key, member]) => MEANT.has(key) || !isNothing(member));
  return Object.fromEntries(said.map(([key, member]) => [key, compact(member)]));
};

const isNothing = (member: unknown): boolean => member === null || (Array.isArray(member) && member.length === 0);

/** Objects go into what is there; anything else, null too, takes its place. */
export const patched = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  const there = isObject(target) ? target : {};
  const changed = Object.entries(patch).map(([key, value]) => [key, patched(there[key], value)]);
  return { ...there, ...Object.fromEntries(changed) };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
