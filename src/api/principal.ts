/** Who calls, and what they may do: the one table of rights. */
import { ApiProblem } from './problems.ts';

export type Principal =
  | {
      readonly kind: 'user';
      readonly name: string;
      /** The user's id, by which their storage goes. */
      readonly sub?: string;
    }
  | {
      /** Acts for any user, for example Hatchery. */
      readonly kind: 'service';
      readonly name: string;
      /** It deals with compute environments and with nothing else. */
      readonly only?: 'compute';
    }
  | { readonly kind: 'operator'; readonly name: string };

type Scope = 'own' | 'any' | 'no';

/** Operators see and end everything, and never hold a secret of somebody. */
export const RIGHTS = {
  launch: { user: 'own', service: 'any', operator: 'any' },
  /** A body with `nextflow` or `payModel`: it chooses account and limits. */
  chooseAccount: { user: 'no', service: 'any', operator: 'any' },
  read: { user: 'own', service: 'any', operator: 'any' },
  claim: { user: 'own', service: 'any', operator: 'no' },
  terminate: { user: 'own', service: 'any', operator: 'any' },
  rotate: { user: 'own', service: 'any', operator: 'any' },
  /** Earlier keys go although somebody uses them. */
  rotateUsed: { user: 'no', service: 'no', operator: 'any' },
  seeKeyHolders: { user: 'no', service: 'no', operator: 'any' },
  removeKeyHolders: { user: 'no', service: 'no', operator: 'any' },
  /** Of somebody's storage. Its user has calls of their own, by Gen3's rights. */
  removeStorage: { user: 'no', service: 'no', operator: 'any' },
  retry: { user: 'no', service: 'no', operator: 'any' },
  abandonStep: { user: 'no', service: 'no', operator: 'any' },
  /** See, run, pause and resume them. */
  schedules: { user: 'no', service: 'no', operator: 'any' },
  /** All that there is to do with them, for those service clients that `compute.clients` names. */
  compute: { user: 'no', service: 'any', operator: 'any' },
  /** Start them, and see what they found. */
  sweeps: { user: 'no', service: 'no', operator: 'any' },
  /** Launches and claims in one call. */
  hatcheryLaunch: { user: 'no', service: 'any', operator: 'no' },
  /** See who has what it launched. */
  hatcheryExpected: { user: 'no', service: 'any', operator: 'no' },
} as const satisfies Record<string, Record<Principal['kind'], Scope>>;

export type Action = keyof typeof RIGHTS;

export const scopeOf = (principal: Principal, action: Action): Scope => RIGHTS[action][principal.kind];

/** @throws Denied where a principal of this kind never may. */
export const requireRight = (principal: Principal, action: Action): void => {
  if (scopeOf(principal, action) === 'no') {
    throw new ApiProblem('Denied', `a token of kind ${principal.kind} does not allow this`);
  }
};

/** @throws Denied where the principal may not name this user in a request. */
export const requireUser = (principal: Principal, action: Action, user: string): void => {
  requireRight(principal, action);
  if (scopeOf(principal, action) === 'own' && principal.name !== user) {
    throw new ApiProblem('Denied', 'a user may act for themselves only');
  }
};

/** May this principal know of a workspace of that user? */
export const maySee = (principal: Principal, user: string): boolean =>
  scopeOf(principal, 'read') === 'any' || principal.name === user;

/** As it stands in records, claims and logs. */
export const renderPrincipal = ({ kind, name }: Principal): string => `${kind}:${name}`;
