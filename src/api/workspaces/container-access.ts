/**
 * May this user launch this container? Hatchery's own rules, for users who launch a profile by themselves. Service clients
 * and operators may send any configuration, so rules about profiles don't bind them: Hatchery has asked before it calls.
 */
import type { AuthzRule, ContainerAuthz } from '#config/container-authz.ts';
import { ApiProblem } from '../problems.ts';

/** Asks for all the resources at once, on behalf of the bearer. */
export type AskArborist = (token: string, resources: readonly string[]) => Promise<boolean>;

/** @throws Denied with what is missing; Unavailable where it can't be found out. */
export type RequireContainerAccess = (profile: string, token: string | undefined) => Promise<void>;

const ASK_MS = 5_000;

/** @param url base URL of Arborist */
export const createAskArborist =
  (url: string): AskArborist =>
  async (token, resources) => {
    const action = { service: 'jupyterhub', method: 'launch' };
    const answer = await fetch(`${url.replace(/\/$/, '')}/auth/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: { token }, requests: resources.map((resource) => ({ resource, action })) }),
      signal: AbortSignal.timeout(ASK_MS),
    }).catch((cause: unknown) => {
      throw unavailable(cause instanceof Error ? cause.name : String(cause));
    });
    if (answer.status >= 500 || answer.status === 429) throw unavailable(`status ${answer.status}`);
    const { auth } = answer.ok ? ((await answer.json()) as { auth?: unknown }) : {};
    return auth === true;
  };

const unavailable = (why: string): ApiProblem =>
  new ApiProblem('Unavailable', `Arborist does not say who may launch this profile (${why})`);

/** @param authz by profile; a profile that is not among them is for everybody */
export const createContainerAccess = (
  authz: Readonly<Record<string, ContainerAuthz>>,
  ask: AskArborist | undefined,
): RequireContainerAccess => {
  /** Undefined where the rule is met, else what is missing. */
  const missing = async ({ resource_paths: paths, pay_models: models }: AuthzRule, token: string | undefined) => {
    if (models)
      return `a pay model that is one of ${models.join(', ')}, which only Hatchery knows: launch it through Hatchery`;
    if (!ask) return 'rights that only Arborist knows, but s3.arboristUrl is not configured';
    if (token !== undefined && (await ask(token, paths ?? []))) return undefined;
    return `the right to launch on ${(paths ?? []).join(', ')}`;
  };

  return async (profile, token) => {
    const rules = Object.hasOwn(authz, profile) ? authz[profile] : undefined;
    if (!rules) return;
    const { or, and } = rules;
    const found: string[] = [];
    for (const rule of or ?? and ?? [rules]) {
      const lack = await missing(rule, token);
      if (lack === undefined && or) return;
      if (lack !== undefined) found.push(lack);
    }
    if (found.length === 0) return;
    throw new ApiProblem('Denied', `the profile ${profile} needs ${found.join(or ? ', or ' : ', and ')}`);
  };
};
