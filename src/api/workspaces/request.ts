/** From a request to the pinned input of a launch: which user, which configuration, which account. */
import { createHash } from 'node:crypto';
import type { AccountRef } from '#domain/core/account.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { environmentOf, escapeUser } from '#domain/core/escaping.ts';
import { subjectId } from '#domain/core/subject.ts';
import { findRefusal } from '#domain/workspace/check.ts';
import type { RefreshingSettings } from '#domain/workspace/credentials.ts';
import type {
  LaunchSettings,
  NextflowBlock,
  NextflowGlobal,
  PayModel,
  WorkspaceInput,
} from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type Principal, requireRight, requireUser } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { RequireContainerAccess } from './container-access.ts';

export interface LaunchRequest {
  readonly user?: string | undefined;
  readonly profile?: string | undefined;
  readonly nextflow?: NextflowBlock | undefined;
  readonly nextflowGlobal?: NextflowGlobal | undefined;
  readonly payModel?: PayModel | undefined;
  /** Bearer token of the caller, to ask what they may launch. */
  readonly token?: string | undefined;
}

/** What of the configuration a launch is made from. */
export interface LaunchDefaults {
  /** GEN3_ENDPOINT as it is. */
  readonly hostname: string;
  readonly region: string;
  /** Eyrie's own account; asked once. */
  readonly ownAccountId: () => Promise<string>;
  readonly payModelRoleName: string;
  readonly externalId: string | null;
  readonly profiles: Readonly<Record<string, NextflowBlock>>;
  /** Whether a user may launch a profile. */
  readonly requireAccess: RequireContainerAccess;
  readonly global: NextflowGlobal;
  readonly settings: LaunchSettings;
  /** What the holder is given besides or instead of a key; undefined: a key alone. Default: that. */
  readonly credentialsOf?: (profile: string | null) => RefreshingSettings | undefined;
}

export interface ResolvedLaunch {
  readonly workspace: WorkspaceInput;
  /** SHA-256 of everything that the request and the configuration that it selects determine. */
  readonly fingerprint: string;
}

/** @throws Denied, Invalid, PayModelInactive, NameTooLong: what the request alone shows. */
export const createResolve =
  (defaults: LaunchDefaults) =>
  async (principal: Principal, request: LaunchRequest): Promise<ResolvedLaunch> => {
    const user = userOf(principal, request);
    if (request.nextflow || request.payModel || request.nextflowGlobal) requireRight(principal, 'chooseAccount');
    const { profile, nextflow } = configurationOf(request, defaults.profiles);
    if (profile !== null && principal.kind === 'user') await defaults.requireAccess(profile, request.token);
    const payModel = request.payModel ?? null;
    const credentials = defaults.credentialsOf?.(profile);
    const environment = environmentOf(defaults.hostname);
    const escapedUser = escapeUser(user);
    const workspace: WorkspaceInput = {
      workspaceId: subjectId(workspaceSubject({ environment, escapedUser })),
      user,
      hostname: defaults.hostname,
      environment,
      escapedUser,
      account: await accountOf(payModel, defaults),
      profile,
      nextflow,
      global: request.nextflowGlobal ?? defaults.global,
      payModel,
      settings: { ...defaults.settings, ...(credentials && { credentials }) },
    };
    refuse(workspace);
    return { workspace, fingerprint: createHash('sha256').update(canonicalJson(workspace)).digest('hex') };
  };

const userOf = (principal: Principal, { user }: LaunchRequest): string => {
  const name = user ?? (principal.kind === 'user' ? principal.name : undefined);
  if (name === undefined) throw invalid('/user', 'name the user for whom the workspace is');
  requireUser(principal, 'launch', name);
  return name;
};

const configurationOf = (
  { profile, nextflow }: LaunchRequest,
  profiles: LaunchDefaults['profiles'],
): { profile: string | null; nextflow: NextflowBlock } => {
  if (profile !== undefined && nextflow) throw invalid('/profile', 'either profile or nextflow, not both');
  if (nextflow) return { profile: null, nextflow };
  const names = Object.keys(profiles);
  const name = profile ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) throw invalid('/profile', `name a profile (${names.join(', ') || 'none is configured'})`);
  const block = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (!block) throw invalid('/profile', `there is no profile ${name} (${names.join(', ') || 'none is configured'})`);
  return { profile: name, nextflow: block };
};

/** Every problem that the request alone shows, at once. */
const refuse = (workspace: WorkspaceInput): void => {
  const refusal = findRefusal(workspace);
  if (!refusal) return;
  const [first, ...others] = refusal.problems;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new ApiProblem(refusal.code, `${first?.detail ?? 'not possible as asked for'}${more}`, {
    errors: refusal.problems,
  });
};

/** A pay model with `ecs` has an account of its own; anything else works in Eyrie's. */
const accountOf = async (payModel: PayModel | null, defaults: LaunchDefaults): Promise<AccountRef> => {
  const { region, payModelRoleName, externalId } = defaults;
  if (payModel?.ecs === true && payModel.account_id) {
    const accountId = payModel.account_id;
    return { accountId, region, roleArn: `arn:aws:iam::${accountId}:role/${payModelRoleName}`, externalId };
  }
  return { accountId: await defaults.ownAccountId(), region, roleArn: null, externalId: null };
};

const invalid = (pointer: string, detail: string): ApiProblem =>
  new ApiProblem('Invalid', 'the request is not valid', { errors: [{ pointer, detail }] });
