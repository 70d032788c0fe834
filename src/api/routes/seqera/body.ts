/** What Seqera's API takes and the schema of options does not: put into the form that it has. */

type Members = Readonly<Record<string, unknown>>;

/** @param labels that it names by their ids. @returns `computeEnv` as the body of a create. */
export const bodyOf = (computeEnv: Members, labels: readonly Tag[]): Members => ({
  ...accountOf(computeEnv),
  ...computeEnv,
  ...(labels.length > 0 && { labels: withLabels(computeEnv.labels, labels) }),
  ...(isObject(computeEnv.config) && { config: configOf(computeEnv.config) }),
});

interface Tag {
  readonly name: string;
  readonly value: string;
}

/** Ids of labels, which clients write as numbers or as text. */
export const labelIdsOf = ({ labelIds }: Members): readonly string[] =>
  Array.isArray(labelIds) ? labelIds.map(String) : [];

/** What is no list of labels is left to whoever judges the body. */
const withLabels = (given: unknown, labels: readonly Tag[]): unknown => {
  const more = labels.map(({ name, value }) => ({ name, value }));
  if (given === undefined || given === null) return more;
  return Array.isArray(given) ? [...given, ...more] : given;
};

/** Ids of credentials are those of accounts here. */
const accountOf = ({ credentialsId }: Members): Members =>
  typeof credentialsId === 'string' && /^\d{12}$/.test(credentialsId) ? { account: { id: credentialsId } } : {};

const configOf = (config: Members): Members => ({
  ...config,
  ...(Array.isArray(config.environment) && { environment: lastOfEach(config.environment) }),
  ...(isObject(config.forge) && { forge: forgeOf(config.forge) }),
});

/** Buckets may be given by their names alone. */
const forgeOf = (forge: Members): Members => ({
  ...forge,
  ...(Array.isArray(forge.allowBuckets) && {
    allowBuckets: forge.allowBuckets.map((bucket: unknown) =>
      typeof bucket === 'string' && !bucket.includes('://') ? `s3://${bucket}` : bucket,
    ),
  }),
});

/** Of a variable that is set twice, the last one counts. */
const lastOfEach = (variables: readonly unknown[]): readonly unknown[] => {
  const nameOf = (variable: unknown) => (isObject(variable) ? variable.name : variable);
  return variables.filter((one, index) => !variables.slice(index + 1).some((later) => nameOf(later) === nameOf(one)));
};

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
