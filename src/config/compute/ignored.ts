/** Members of a body that an export holds and nobody can set, and options that are no more: what becomes of them. */

const OF_RECORDS = [
  ...['id', 'orgId', 'workspaceId', 'status', 'message', 'dateCreated', 'lastUpdated', 'lastUsed', 'lastValidated'],
  ...['deleted', 'primary', 'awsAccountId', 'resources', 'managedIdentityId'],
];

/** By the path of their group. */
export const IGNORED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    ...Object.fromEntries(OF_RECORDS.map((name) => [name, 'is of the record that it was taken from'])),
    credentialsId: 'names credentials of Seqera Platform: account says which role is entered',
    labelIds: 'names labels of Seqera Platform: labels holds tags',
    fusionMetricsCollectionEnabled: "is for Seqera's own service",
  },
  'config.': {
    headQueue: 'is made, not given',
    computeQueue: 'is made, not given',
    dragenQueue: 'is made, not given',
    dragenInstanceType: 'is read in config.forge',
    volumes: 'follow from file systems and NVMe storage',
    forgedResources: 'tell what was made',
    deletedResources: 'tell what was removed',
    lustreId: 'is deprecated: config.forge.fsxName mounts a file system that is there',
    storageType: 'is deprecated: options of config.forge say which file system is used',
  },
  'config.forge.': {
    fusionEnabled: 'is Fusion 1, which is no more: config.fusion2Enabled switches on what took its place',
  },
  'config.eyrie.': {},
};

/** Without the ignored ones, and a sentence for each of these that says something. */
export const withoutIgnored = (
  given: Readonly<Record<string, unknown>>,
  at: string,
): { readonly rest: Readonly<Record<string, unknown>>; readonly warnings: readonly string[] } => {
  const ignored = IGNORED[at] ?? {};
  const isIgnored = (name: string) => Object.hasOwn(ignored, name);
  const entries = Object.entries(given);
  return {
    rest: Object.fromEntries(entries.filter(([name]) => !isIgnored(name))),
    warnings: entries
      .filter(([name, value]) => isIgnored(name) && saysSomething(value))
      .map(([name]) =>
        `${at}${name} was left out of account: it ${ignored[name]}`.replace(/: it (follow|tell) /, ': they $1 '),
      ),
  };
};

/** It is not as good as left out. */
export const saysSomething = (value: unknown): boolean =>
  value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);
