/** Where things lie in the control bucket. */

/** Whose record, seal or claim: both parts as they stand in names. */
export interface WorkspaceIds {
  /** H: the environment's host name with dots as dashes. */
  readonly environment: string;
  readonly escapedUser: string;
}

/** One segment of a key: letters, digits and `-_.~` stay, so that it reads the same in every console and URL. */
const segment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const under = (kind: string, { environment, escapedUser }: WorkspaceIds): string =>
  `${kind}/${segment(environment)}/${segment(escapedUser)}`;

export const recordKey = (ids: WorkspaceIds): string => `${under('workspaces', ids)}.json`;

export const recordsPrefix = (environment: string): string => `workspaces/${segment(environment)}/`;

export const sealsPrefix = (ids: WorkspaceIds | Pick<WorkspaceIds, 'environment'>): string =>
  'escapedUser' in ids ? `${under('seals', ids)}/` : `seals/${segment(ids.environment)}/`;

export const sealKey = (ids: WorkspaceIds, launchId: string): string => `${sealsPrefix(ids)}${segment(launchId)}.jwe`;

export const claimKey = (ids: WorkspaceIds, accessKeyId: string): string =>
  `${under('claims', ids)}/${segment(accessKeyId)}.json`;

export const startsPrefix = (ids: WorkspaceIds): string => `${under('starts', ids)}/`;

export const startKey = (ids: WorkspaceIds, hash: string): string => `${startsPrefix(ids)}${segment(hash)}.json`;

/** `name` may have segments of its own, split by slashes. */
export const intentKey = (name: string): string => `intents/${name.split('/').map(segment).join('/')}.json`;

/** The workspace and launch that the key of a seal names, undefined for other keys. */
export const parseSealKey = (key: string): { ids: WorkspaceIds; launchId: string } | undefined => {
  const [, environment, escapedUser, launch] = /^seals\/([^/]+)\/([^/]+)\/([^/]+)\.jwe$/.exec(key) ?? [];
  if (environment === undefined || escapedUser === undefined || launch === undefined) return undefined;
  return {
    ids: { environment: decodeURIComponent(environment), escapedUser: decodeURIComponent(escapedUser) },
    launchId: decodeURIComponent(launch),
  };
};
