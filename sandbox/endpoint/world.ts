/** All services, and what their rules see of the sandbox. */
import { z } from 'zod';
import { createAccess } from '../access/authorise.ts';
import { TAGS_AFTER_MS } from '../access/questions.ts';
import type { Call } from '../core/call.ts';
import type { Keyring } from '../core/keyring.ts';
import type { OpenQuestion } from '../core/open-question.ts';
import type { CreateModule, ServiceModule } from '../core/service.ts';
import { SERVICE_CONTROL_POLICIES } from '../core/service-control-policies.ts';
import type { World } from '../core/world.ts';
import type { MotoClients } from '../moto/clients.ts';
import { parseAnswer, renderAnswer } from '../wire/answers.ts';
import { createSettings, type Settings } from './settings.ts';
import type { Timing } from './timing.ts';

export interface WorldParts {
  readonly moto: MotoClients;
  readonly keyring: Keyring;
  readonly timing: Timing;
  readonly services: readonly CreateModule[];
}

export interface Registry extends World {
  readonly modules: readonly ServiceModule[];
  /** The module of a service; undefined where there are no rules for it. */
  moduleOf(service: string): ServiceModule | undefined;
  /** @throws AwsError where the caller's policies do not allow the call. */
  authorise(call: Call): Promise<void>;
  see(account: string): void;
  /** `PUT quotas`: numbers by the names of the services' limits. */
  readonly limits: Settings;
  /** `PUT worlds`: answers by the names of open questions. */
  readonly assumptions: Settings;
}

const Count = z.int().min(0);

/** Those of the authoriser, which belongs to no service. */
const QUESTIONS: readonly OpenQuestion<unknown>[] = [TAGS_AFTER_MS, SERVICE_CONTROL_POLICIES];

export const createWorld = ({ moto, keyring, timing, services }: WorldParts): Registry => {
  const seen = new Set<string>();
  const modules: ServiceModule[] = [];
  const moduleOf = (service: string) => modules.find((module) => module.service === service);
  const world: World = {
    moto,
    keyring,
    now: timing.now,
    delay: timing.delay,
    limit: (account, { name }) => limits.of(account)[name] as number,
    assumed: <Value>(account: string, { name }: OpenQuestion<Value>) => assumptions.of(account)[name] as Value,
    answer: renderAnswer,
    decode: parseAnswer,
    service: <Offer>({ service }: { service: string }): Offer => {
      const offers = moduleOf(service)?.offers;
      if (offers === undefined) throw new Error(`the sandbox has no ${service} that offers anything`);
      return offers as Offer;
    },
    verdictOn: (call, check) => access.verdictOn(call, check),
    mustBeAllowed: (call, check) => access.mustBeAllowed(call, check),
    quotas: () => modules.flatMap(({ quotas = [] }) => quotas),
    accounts: () => [...seen],
  };
  const access = createAccess(world, moduleOf);
  for (const create of services) modules.push(create(world));
  const limits = createSettings(
    modules.flatMap(({ limits: own = [] }) => own.map((limit) => ({ ...limit, schema: Count }))),
  );
  const assumptions = createSettings([...QUESTIONS, ...modules.flatMap(({ questions = [] }) => questions)]);
  return {
    ...world,
    modules,
    moduleOf,
    authorise: access.authorise,
    see: (account) => void seen.add(account),
    limits,
    assumptions,
  };
};
