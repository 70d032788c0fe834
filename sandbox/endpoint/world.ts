/** What the rules see of the sandbox. */
import type { Keyring } from '../core/keyring.ts';
import type { Quotas, ServiceModule, World } from '../core/rule.ts';
import { changeWorlds, DEFAULT_WORLDS, type Worlds, type WorldsChange } from '../core/worlds.ts';
import type { Aws } from '../moto/clients.ts';
import { parseAnswer, renderAnswer } from '../wire/answers.ts';
import type { Timing } from './timing.ts';

/** The VPC default lies above AWS's 5: tests and demos launch several workspaces into one account. */
const DEFAULT_QUOTAS: Quotas = { vpcs: 100, queues: 50, computeEnvironments: 50, gatewayEndpoints: 100 };

export interface WorldParts {
  readonly moto: (account: string, region: string) => Aws;
  readonly keyring: Keyring;
  readonly timing: Timing;
}

export interface Registry extends World {
  add(module: ServiceModule): void;
  readonly modules: readonly ServiceModule[];
  see(account: string): void;
  /** A limit that is left out stays as it is. */
  setQuotas(account: string, quotas: { [Name in keyof Quotas]?: number | undefined }): void;
  /** What is left out stays as it is. */
  setWorlds(account: string, change: WorldsChange): void;
}

export const createWorld = ({ moto, keyring, timing }: WorldParts): Registry => {
  const seen = new Set<string>();
  const quotas = new Map<string, Quotas>();
  const worlds = new Map<string, Worlds>();
  const modules: ServiceModule[] = [];
  const quotasOf = (account: string): Quotas => quotas.get(account) ?? DEFAULT_QUOTAS;
  const worldsOf = (account: string): Worlds => worlds.get(account) ?? DEFAULT_WORLDS;
  return {
    moto,
    keyring,
    modules,
    now: () => Date.now(),
    delay: timing.delay,
    quotas: quotasOf,
    worlds: worldsOf,
    setWorlds: (account, change) => void worlds.set(account, changeWorlds(worldsOf(account), change)),
    answer: renderAnswer,
    decode: parseAnswer,
    module<T extends ServiceModule>(service: string): T {
      const found = modules.find((module) => module.service === service);
      if (!found) throw new Error(`the sandbox has no rules for ${service}`);
      return found as T;
    },
    accounts: () => [...seen],
    add: (module) => void modules.push(module),
    see: (account) => void seen.add(account),
    setQuotas(account, { vpcs, queues, computeEnvironments, gatewayEndpoints }) {
      const old = quotasOf(account);
      quotas.set(account, {
        vpcs: vpcs ?? old.vpcs,
        queues: queues ?? old.queues,
        computeEnvironments: computeEnvironments ?? old.computeEnvironments,
        gatewayEndpoints: gatewayEndpoints ?? old.gatewayEndpoints,
      });
    },
  };
};
