/**
 * EC2 over moto, with what moto lacks: client tokens, DependencyViolation, states in between, quotas, images that must
 * exist, and a world that learns of a new resource a moment later.
 */
import { createLocks } from '../../core/locks.ts';
import type { CreateModule, ServiceModule } from '../../core/rule.ts';
import { endpointRules } from './endpoints.ts';
import { imageExists, imageRules } from './images.ts';
import { instanceTypeRules } from './instance-types.ts';
import { instanceViewRules } from './instance-views.ts';
import { instanceRules } from './instances.ts';
import { ec2Inventory } from './inventory.ts';
import { launchTemplateRules } from './launch-template.ts';
import { createLookup } from './lookup.ts';
import { networkRules } from './network.ts';
import { routeRules } from './routes.ts';
import { securityGroupRules } from './security-groups.ts';
import { createOverlays, type Ec2Deps } from './state.ts';
import { tokenRules } from './tokens.ts';

export interface Ec2Module extends ServiceModule {
  /** Whether an instance could start from this image: one of moto's, or a seeded one. */
  imageExists(account: string, region: string, imageId: string): Promise<boolean>;
}

export const createEc2: CreateModule = (world): Ec2Module => {
  const overlays = createOverlays();
  const deps: Ec2Deps = { world, of: (call) => overlays.of(call), serial: createLocks() };
  const lookup = createLookup(deps);
  return {
    service: 'ec2',
    rules: {
      ...tokenRules(deps),
      ...networkRules(deps, lookup),
      ...routeRules(deps, lookup),
      ...endpointRules(deps, lookup),
      ...securityGroupRules(deps, lookup),
      ...instanceRules(deps, lookup),
      ...instanceViewRules(deps),
      ...launchTemplateRules(deps),
      ...imageRules(deps),
      ...instanceTypeRules(deps),
    },
    async inventory(account) {
      const items = [];
      for (const overlay of overlays.all(account)) items.push(...(await ec2Inventory(deps, overlay)));
      return items;
    },
    imageExists: (account, region, imageId) => imageExists(world, { account, region }, imageId),
  };
};
