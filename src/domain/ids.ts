/** Ids as they stand in URLs, tags and Temporal. */

/** `<H>.<escaped user>`: H has no dot, so the id splits at its first one. */
export const workspaceId = (environment: string, escapedUser: string): string => `${environment}.${escapedUser}`;

/** Undefined where the text can't be a workspace id. */
export const parseWorkspaceId = (id: string): { environment: string; escapedUser: string } | undefined => {
  const dot = id.indexOf('.');
  if (dot < 1 || dot === id.length - 1) return undefined;
  return { environment: id.slice(0, dot), escapedUser: id.slice(dot + 1) };
};

export const workspaceWorkflowId = (environment: string, escapedUser: string): string =>
  `workspace/${environment}/${escapedUser}`;

export const planWorkflowId = (environment: string, escapedUser: string, uuid: string): string =>
  `plan/${environment}/${escapedUser}/${uuid}`;

export const foundationWorkflowId = (accountId: string, environment: string): string =>
  `foundation/${accountId}/${environment}`;

/** Each environment counts for itself: what another one has made stands in AWS, where all of them look. */
export const quotaWorkflowId = (accountId: string, region: string, environment: string): string =>
  `quota/${accountId}/${region}/${environment}`;

export const retireKeyWorkflowId = (environment: string, escapedUser: string, accessKeyId: string): string =>
  `retire-key/${environment}/${escapedUser}/${accessKeyId}`;

/** Where each kind of workflow id names its environment. */
const ENVIRONMENT_AT: Readonly<Record<string, number>> = {
  workspace: 1,
  plan: 1,
  'retire-key': 1,
  foundation: 2,
  quota: 3,
};

/** Undefined where the text is no id of one of these kinds. */
export const environmentOfWorkflow = (workflowId: string): string | undefined => {
  const parts = workflowId.split('/');
  const at = Object.hasOwn(ENVIRONMENT_AT, parts[0] ?? '') ? ENVIRONMENT_AT[parts[0] ?? ''] : undefined;
  return (at !== undefined && parts[at]) || undefined;
};
