/** What the API can do with workspaces, each for a principal: authorise, act, show. */
import type { Timing } from '#domain/timing.ts';
import type { TerminateMode } from '#domain/workspace/input.ts';
import type { Phase } from '#domain/workspace/view.ts';
import type { WorkspaceWorkflows } from '#temporal/workspaces.ts';
import type { ControlStore } from '../ports.ts';
import { type Action, maySee, type Principal, renderPrincipal, requireRight } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import { type ClaimKey, createClaim } from './claim.ts';
import { createLaunch, type LaunchIntent } from './launch.ts';
import { createList, type WorkspacePage } from './list.ts';
import { createLocate, type Located } from './locate.ts';
import { createRepair, type Repair } from './repair.ts';
import { createResolve, type LaunchDefaults, type LaunchRequest } from './request.ts';
import { createShow, type Show } from './show.ts';
import { createTerminate } from './terminate.ts';

export interface WorkspacesParts {
  readonly workflows: WorkspaceWorkflows;
  readonly control: ControlStore;
  readonly defaults: LaunchDefaults;
  /** H */
  readonly environment: string;
  readonly timing: Timing;
}

export interface Workspaces {
  readonly show: Show;
  readonly claim: ClaimKey;
  readonly repair: Repair;
  locate(id: string): Promise<Located | undefined>;
  /** @throws NotFound where there is none, or it is not for this principal to know; Denied where it may not do this. */
  authorise(principal: Principal, action: Action, id: string): Promise<Located>;
  /** `started` false: joined a launch, or nothing was to be done. */
  launch(
    principal: Principal,
    request: LaunchRequest,
    intent?: LaunchIntent,
  ): Promise<{ id: string; started: boolean }>;
  terminate(principal: Principal, located: Located, mode: TerminateMode): Promise<void>;
  list(
    principal: Principal,
    query: { phase?: Phase | undefined; cursor?: string | undefined; limit: number },
  ): Promise<WorkspacePage>;
}

export type { Located };

export const createWorkspaces = ({
  workflows,
  control,
  defaults,
  environment,
  timing,
}: WorkspacesParts): Workspaces => {
  const locate = createLocate(workflows, control.records, environment);
  const show = createShow(workflows, control.credentials, locate);
  const resolve = createResolve(defaults);
  const launch = createLaunch({ workflows, credentials: control.credentials, locate, timing });
  const terminate = createTerminate({ workflows, locate, timing });

  return {
    locate,
    show,
    claim: createClaim(control.credentials),
    repair: createRepair({ workflows, terminate }),
    list: createList({ records: control.records, locate, show, environment }),

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

    terminate: (principal, located, mode) => terminate(located, mode, renderPrincipal(principal)),
  };
};
