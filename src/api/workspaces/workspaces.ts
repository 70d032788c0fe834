/** What the API can do with workspaces, each for a principal: authorise, act, show. */
import { escapeUser } from '#domain/core/escaping.ts';
import type { Timing } from '#domain/core/timing.ts';
import { healthOf } from '#domain/workspace/health.ts';
import type { TerminateMode } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import type { AskQuota } from '#temporal/quota-verdict.ts';
import type { ControlStore } from '../ports.ts';
import { type Action, maySee, type Principal, renderPrincipal, requireRight, scopeOf } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import { createListSubjects, type ListQuery, type SubjectPage } from '../subjects/list.ts';
import { createLocate } from '../subjects/locate.ts';
import { createRepair, type Repair } from '../subjects/repair.ts';
import { createShow } from '../subjects/show.ts';
import { createTerminate } from '../subjects/terminate.ts';
import { type ClaimKey, createClaim } from './claim.ts';
import {
  type LocatedWorkspace,
  type LocateWorkspace,
  type ShowWorkspace,
  type WorkspaceKind,
  type WorkspaceOperations,
  workspaceRules,
} from './kind.ts';
import { createLaunch, type LaunchIntent } from './launch.ts';
import { createPlan, type LaunchPlan } from './plan.ts';
import { createResolve, type LaunchDefaults, type LaunchRequest } from './request.ts';
import { createRotate, type Rotate } from './rotate.ts';

export interface WorkspacesParts {
  readonly operations: WorkspaceOperations;
  readonly control: ControlStore;
  readonly defaults: LaunchDefaults;
  /** H */
  readonly environment: string;
  readonly timing: Timing;
  readonly askQuota: AskQuota;
  /** Whether what has been parked for long is disposed of. Default: no. */
  readonly disposesIdle?: boolean;
}

export interface WorkspaceQuery extends Omit<ListQuery<WorkspaceKind>, 'fits'> {
  /** Who asked for the last launch. Default: whoever. */
  readonly launchedBy?: string | undefined;
  /** Something is wrong with it. Default: whether or not. */
  readonly unhealthy?: boolean | undefined;
}

export interface Workspaces {
  readonly show: ShowWorkspace;
  readonly claim: ClaimKey;
  readonly repair: Repair<WorkspaceKind>;
  readonly locate: LocateWorkspace;
  /** @throws NotFound where there is none, or it is not for this principal to know; Denied where it may not do this. */
  authorise(principal: Principal, action: Action, id: string): Promise<LocatedWorkspace>;
  /** `started` false: joined a launch, or nothing was to be done. */
  launch(
    principal: Principal,
    request: LaunchRequest,
    intent?: LaunchIntent,
  ): Promise<{ id: string; started: boolean }>;
  /** What a launch would make. Nothing is made. */
  plan(principal: Principal, request: LaunchRequest): Promise<LaunchPlan>;
  readonly rotate: Rotate;
  /** `unchangedSince`: only where nothing has happened to it since. @throws PreconditionFailed */
  terminate(
    principal: Principal,
    located: LocatedWorkspace,
    mode: TerminateMode,
    unchangedSince?: string,
  ): Promise<void>;
  /** Users see their own only. */
  list(principal: Principal, query: WorkspaceQuery): Promise<SubjectPage<WorkspaceKind>>;
}

export const createWorkspaces = ({
  operations,
  control,
  defaults,
  environment,
  timing,
  askQuota,
  disposesIdle = false,
}: WorkspacesParts): Workspaces => {
  const records = control.records(WORKSPACE_RECORDS);
  const rules = workspaceRules({ credentials: control.credentials, timing, disposesIdle });
  const locate = createLocate({ rules, operations, records, environment });
  const show = createShow({ rules, operations, locate });
  const list = createListSubjects({ rules, operations, records, locate, show, environment, nameOf: escapeUser });
  const resolve = createResolve(defaults);
  const plan = createPlan({ askQuota, timing });
  const launch = createLaunch({ operations, credentials: control.credentials, locate, timing });
  const terminate = createTerminate({ rules, operations, locate });

  return {
    locate,
    show,
    rotate: createRotate({ operations, credentials: control.credentials, timing }),
    claim: createClaim(control.credentials),
    repair: createRepair({ rules, operations, terminate }),
    list: (principal, { launchedBy, unhealthy, ...query }) =>
      list(principal, scopeOf(principal, 'read') === 'own' ? principal.name : undefined, {
        ...query,
        fits: ({ record }) =>
          (launchedBy === undefined || record?.launchedBy === launchedBy) &&
          (unhealthy === undefined || unhealthy === (record !== undefined && healthOf(record) !== null)),
      }),

    async authorise(principal, action, id) {
      const located = await locate(id);
      if (!located || !maySee(principal, located.user)) throw new ApiProblem('NotFound', 'there is no such workspace');
      requireRight(principal, action);
      return located;
    },

    async launch(principal, request, intent = 'relaunch') {
      const resolved = await resolve(principal, request);
      const { started } = await launch(resolved, renderPrincipal(principal), intent);
      return { id: resolved.workspace.workspaceId, started };
    },

    plan: async (principal, request) => plan(await resolve(principal, request)),

    terminate: (principal, located, mode, unchangedSince) =>
      terminate(located, mode, renderPrincipal(principal), unchangedSince),
  };
};
