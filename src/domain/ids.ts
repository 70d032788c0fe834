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

export const quotaWorkflowId = (accountId: string, region: string): string => `quota/${accountId}/${region}`;

export const retireKeyWorkflowId = (environment: string, escapedUser: string, accessKeyId: string): string =>
  `retire-key/${environment}/${escapedUser}/${accessKeyId}`;
