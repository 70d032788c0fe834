/** What the routes of the TES pass-through are built from. */
import type { AuthSettings } from '#config/schema.ts';
import type { VerifyToken } from '#identity/verify-token.ts';
import type { TesCaller } from '#tes/access.ts';
import type { TesService } from '#tes/tes.ts';
import { believe, principalOf, userOf } from '../../authenticate.ts';
import { renderPrincipal } from '../../principal.ts';
import { ApiProblem, invalidRequest } from '../../problems.ts';

export interface TesDeps {
  readonly service: TesService;
  /** @throws Denied where the token stands for neither a user nor an operator */
  identify(authorization: string | undefined): Promise<TesCaller>;
}

/** @throws Unavailable, with what to configure */
export const requireTes = (tes: TesDeps | undefined): TesDeps => {
  if (tes) return tes;
  throw new ApiProblem(
    'Unavailable',
    'no TES server is configured: set tes.url in the configuration of the API (with `eyrie dev`: --tes-url)',
  );
};

export const createIdentify =
  (settings: Pick<AuthSettings, 'operators' | 'serviceClients'>, verify: VerifyToken): TesDeps['identify'] =>
  async (authorization) => {
    const { token, claims } = await believe(authorization, verify);
    const principal = principalOf(claims, settings);
    if (principal.kind === 'service') throw new ApiProblem('Denied', 'tasks belong to users: a client has none');
    return {
      userId: claims.sub,
      userName: userOf(claims),
      name: renderPrincipal(principal),
      isOperator: principal.kind === 'operator',
      bearer: token,
    };
  };

interface Checked {
  readonly success: boolean;
  readonly error?: { readonly issues: Parameters<typeof invalidRequest>[0] };
}

/** TES knows one status for whatever is wrong with a request. @throws Invalid with 400 */
export const refuseWith400 = (result: Checked): undefined => {
  if (result.success) return undefined;
  const { message, extras } = invalidRequest(result.error?.issues ?? []);
  throw new ApiProblem('Invalid', message, { ...extras, status: 400 });
};
