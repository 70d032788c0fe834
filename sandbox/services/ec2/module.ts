/**
 * EC2 over moto, with what moto lacks: client tokens, DependencyViolation, states in between, quotas, images that must
 * exist, and a world that learns of a new resource a moment later.
 */
import { DescribeTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { createLocks } from '../../core/locks.ts';
import type { ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { ec2Actions } from './actions.ts';
import { addressRules } from './addresses.ts';
import type { Ec2 } from './contract.ts';
import { deniedByEc2 } from './denied.ts';
import { endpointRules } from './endpoints.ts';
import { imageExists, imageRules } from './images.ts';
import { instanceTypeRules } from './instance-types.ts';
import { instanceViewRules } from './instance-views.ts';
import { instanceRules } from './instances.ts';
import { ec2Inventory } from './inventory.ts';
import { launchTemplateRules } from './launch-template.ts';
import { createLookup, filterBy } from './lookup.ts';
import { natGatewayRules } from './nat-gateways.ts';
import { networkRules } from './network.ts';
import { EC2_QUESTIONS } from './questions.ts';
import { ADDRESSES, ec2Quotas, GATEWAY_ENDPOINTS, NAT_GATEWAYS_PER_ZONE, VPCS } from './quotas.ts';
import { routeRules } from './routes.ts';
import { securityGroupRules } from './security-groups.ts';
import { serviceInterfaceOffers, serviceInterfaceRules } from './service-interfaces.ts';
import { createOverlays, type Ec2Deps } from './state.ts';
import { tokenRules } from './tokens.ts';
import { inAwsWords } from './words.ts';

/** A dry run of RunInstances tells whether EC2 knows the instance profile. */
const LOOKING: ReadonlySet<string> = new Set(['RunInstances']);

export const createEc2 = (world: World): ServiceModule => {
  const overlays = createOverlays();
  const deps: Ec2Deps = { world, of: (call) => overlays.of(call), serial: createLocks() };
  const lookup = createLookup(deps);
  const offers: Ec2 = {
    imageExists: (account, region, imageId) => imageExists(world, { account, region }, imageId),
    ...serviceInterfaceOffers(deps, lookup),
  };
  return {
    service: 'ec2',
    rules: {
      ...tokenRules(deps),
      ...networkRules(deps, lookup),
      ...routeRules(deps, lookup),
      ...endpointRules(deps, lookup),
      ...addressRules(deps, lookup),
      ...natGatewayRules(deps, lookup),
      ...securityGroupRules(deps, lookup),
      ...instanceRules(deps, lookup),
      ...instanceViewRules(deps),
      ...launchTemplateRules(deps),
      ...serviceInterfaceRules(deps),
      ...imageRules(deps),
      ...instanceTypeRules(deps),
    },
    actions: ec2Actions,
    async tagsOf(call, arn) {
      const [, , , region = '', account = '', entity = ''] = arn.split(':');
      const ec2 = world.moto(EC2Client, account || call.account, region || call.region);
      const Filters = filterBy('resource-id', entity.split('/').at(-1) ?? '');
      return (await ec2.send(new DescribeTagsCommand({ Filters }))).Tags;
    },
    tagCondition: 'ec2:ResourceTag',
    async inventory(account) {
      const items = [];
      for (const overlay of overlays.all(account)) items.push(...(await ec2Inventory(deps, overlay)));
      return items;
    },
    limits: [VPCS, GATEWAY_ENDPOINTS, ADDRESSES, NAT_GATEWAYS_PER_ZONE],
    quotas: ec2Quotas(world),
    questions: EC2_QUESTIONS,
    dryRun: { looking: LOOKING },
    errors: {
      throttle: ['RequestLimitExceeded', 503, 'Request limit exceeded.'],
      denied: ['UnauthorizedOperation', 403, 'You are not authorized to perform this operation.'],
      internal: ['InternalError', 500, 'An internal error has occurred'],
    },
    denied: deniedByEc2,
    reword: inAwsWords,
    offers,
  };
};
