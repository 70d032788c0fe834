/** What a user is granted in Arborist: resources, role, policy and the grant. Each is read first and changed where it differs. */
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { fail } from '#domain/core/failures.ts';
import type { Made } from '#domain/core/ownership.ts';
import type { ArboristAccessSpec, ArboristPolicy, ArboristResource, ArboristRole } from '#domain/resources/access.ts';
import type { ActivityDeps } from '../deps.ts';
import type { ArboristAdmin } from './client.ts';

const CONFLICT = 409;
const ABSENT = 404;

/** Paths go as they are, but for what a URL can't hold. */
const part = (text: string): string => encodeURIComponent(text);
const pathOf = (path: string): string => path.split('/').map(part).join('/');

export const arboristAccessActivities = ({ arborist }: Pick<ActivityDeps, 'arborist'>) => ({
  /** The user has this access, and what Arborist held of an earlier one is as it is wanted now. */
  async ensureArboristAccess(spec: ArboristAccessSpec): Promise<{ made: Made }> {
    if (!arborist) throw fail('Invalid', 'this worker knows no Arborist: configure s3.arboristUrl for worker and API');
    for (const resource of spec.resources) await ensureResource(arborist, resource);
    await ensureRole(arborist, spec.role);
    await ensurePolicy(arborist, spec.policy);
    await ensureGrant(arborist, spec.username, spec.policy.id);
    const { id } = spec.policy;
    return { made: { type: 'Gen3::Arborist::Policy', id, name: id, origin: 'shared' } };
  },
});

/** With its parents. */
const ensureResource = async (arborist: ArboristAdmin, { parent, ...resource }: ArboristResource): Promise<void> => {
  const at = `/resource${pathOf(parent)}`;
  const found = await arborist.call('GET', `${at}/${part(resource.name)}`, undefined, [ABSENT]);
  if (found.status === ABSENT) await arborist.call('POST', `${at}?p`, resource, [CONFLICT]);
};

const ensureRole = async (arborist: ArboristAdmin, role: ArboristRole): Promise<void> => {
  const at = `/role/${part(role.id)}`;
  const found = await arborist.call('GET', at, undefined, [ABSENT]);
  if (found.status === ABSENT) {
    const made = await arborist.call('POST', '/role', role, [CONFLICT]);
    if (made.status !== CONFLICT) return;
  } else if (holds(found.body, { permissions: role.permissions })) return;
  await arborist.call('PUT', at, role);
};

const ensurePolicy = async (arborist: ArboristAdmin, policy: ArboristPolicy): Promise<void> => {
  const at = `/policy/${part(policy.id)}`;
  const found = await arborist.call('GET', at, undefined, [ABSENT]);
  if (found.status === ABSENT) {
    const made = await arborist.call('POST', '/policy', policy, [CONFLICT]);
    if (made.status !== CONFLICT) return;
  } else if (holds(found.body, { role_ids: policy.role_ids, resource_paths: policy.resource_paths })) return;
  await arborist.call('PUT', at, policy);
};

const ensureGrant = async (arborist: ArboristAdmin, username: string, policy: string): Promise<void> => {
  const at = `/user/${part(username)}`;
  const found = await arborist.call('GET', at, undefined, [ABSENT]);
  if (found.status === ABSENT) await arborist.call('POST', '/user', { name: username }, [CONFLICT]);
  if (grantsOf(found.body).includes(policy)) return;
  await arborist.call('POST', `${at}/policy`, { policy });
};

/** A user's policies: by name, or as `{policy, expires_at}`. One that expires is granted anew, for good. */
const grantsOf = (user: unknown): string[] => {
  const { policies = [] } = (user ?? {}) as {
    policies?: readonly (string | { policy?: string; expires_at?: unknown })[];
  };
  return policies.flatMap((one) => {
    if (typeof one === 'string') return [one];
    return one.policy !== undefined && !one.expires_at ? [one.policy] : [];
  });
};

/** Lists have no order there. */
const holds = (found: unknown, wanted: Readonly<Record<string, readonly unknown[]>>): boolean =>
  Object.entries(wanted).every(([member, list]) => {
    const there = (found as Readonly<Record<string, unknown>> | undefined)?.[member];
    return Array.isArray(there) && sorted(there) === sorted(list);
  });

/** What Arborist adds to a permission (`description`, `constraints`) is left out. */
const sorted = (list: readonly unknown[]): string =>
  list
    .map((one) => {
      if (typeof one !== 'object' || one === null) return canonicalJson(one);
      const { id, action } = one as { id?: unknown; action?: unknown };
      return canonicalJson({ id, action });
    })
    .toSorted()
    .join('\n');
