/**
 * Whose work a task is. An environment and a control bucket make one installation of Eyrie: its workers hold the records,
 * seals and AWS rights that its workflows need. Several may share a Temporal namespace, so each has a task queue of its
 * own, and its workers say in their identity which one they are of.
 */
export interface Installation {
  /** H */
  readonly environment: string;
  readonly controlBucket: string;
}

/** On the wire: work that was started under another name is met by no worker. */
export const taskQueueOf = ({ environment, controlBucket }: Installation): string =>
  `eyrie/${environment}/${controlBucket}`;

/** As Temporal's worker versioning calls all workers of an installation: a name without dots. */
export const deploymentOf = ({ environment, controlBucket }: Installation): string =>
  `eyrie-${environment}-${controlBucket.replaceAll('.', '-')}`;

/** Whose a task queue is, or what has an id that begins with one; undefined where it is nobody's. */
export const parseTaskQueue = (text: string): Installation | undefined => {
  const [, environment, controlBucket] = /^eyrie\/([^/]+)\/([^/]+)/.exec(text) ?? [];
  return environment === undefined || controlBucket === undefined ? undefined : { environment, controlBucket };
};

/** As the pollers of a task queue and the histories of workflows show it. */
export const renderIdentity = (
  { environment, controlBucket }: Installation,
  { version, pid, host }: { readonly version: string; readonly pid: number; readonly host: string },
): string => `eyrie/${version} environment=${environment} controlBucket=${controlBucket} ${pid}@${host}`;

/** Undefined where the identity is not one of Eyrie's workers. */
export const parseIdentity = (identity: string): Installation | undefined => {
  const [, environment, controlBucket] = /^eyrie\/\S+ environment=(\S+) controlBucket=(\S+) /.exec(identity) ?? [];
  return environment === undefined || controlBucket === undefined ? undefined : { environment, controlBucket };
};
