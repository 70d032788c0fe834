/** The ways out, of which a workspace has one; and a change from one to another. */

import type { ResourceView } from '#domain/core/operation.ts';
import type { CredentialForm } from '#domain/workspace/credentials.ts';
import type { Egress } from '#domain/workspace/egress.ts';
import type { Network, Resolved, WorkspacePlan } from '#domain/workspace/specs.ts';
import type { Saga } from '../kernel/saga.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientRole } from '../steps/client-role.ts';
import { natGateway } from '../steps/nat-gateway.ts';
import { serviceEndpoints } from '../steps/service-endpoints.ts';
import { squid } from '../steps/squid.ts';
import { rememberRoute } from '../steps/way-out.ts';
import { LAUNCH } from './steps.ts';

const WAYS = { proxy: squid, nat: natGateway, none: serviceEndpoints } as const satisfies Record<Egress, unknown>;

const othersOf = ({ network: { egress } }: WorkspacePlan): readonly string[] =>
  Object.values(WAYS)
    .map(({ name }) => name)
    .filter((name) => name !== WAYS[egress].name);

/** Of what gives the holder access, what each form goes without. */
const NOT_GIVEN = {
  key: [clientRole.name],
  refreshing: [accessKey.name],
  both: [],
} as const satisfies Record<CredentialForm, readonly string[]>;

/** The steps of a launch, without the ways out that the workspace does not take and the access that nobody is given. */
export const launchSteps = (plan: WorkspacePlan, form: CredentialForm) => {
  const not: readonly string[] = [...othersOf(plan), ...NOT_GIVEN[form]];
  return LAUNCH.filter(({ name }) => !not.includes(name));
};

/** Other ways out of which the workspace has something. */
export const formerWays = (plan: WorkspacePlan, resources: readonly ResourceView[]): readonly string[] =>
  othersOf(plan).filter((name) => resources.some(({ step }) => step === name));

/** The way that the plan says. Where it is another than before, its route is put back should the launch fail. */
export const runWayOut = (
  launch: Pick<Saga, 'run'>,
  plan: WorkspacePlan,
  needs: { readonly network: Promise<Network>; readonly resolved: Promise<Resolved> },
  isChange: boolean,
): Promise<unknown> => {
  const kept = isChange && { remember: rememberRoute };
  const { network } = needs;
  switch (plan.network.egress) {
    case 'proxy':
      return launch.run({ ...WAYS.proxy, ...kept }, plan.squid, needs);
    case 'nat':
      return launch.run({ ...WAYS.nat, ...kept }, plan['nat-gateway'], { network });
    case 'none':
      return launch.run({ ...WAYS.none, ...kept }, plan['service-endpoints'], { network });
  }
};
