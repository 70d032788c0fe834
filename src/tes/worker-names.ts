/** Names of what a user's tasks run under: the rule of gen3-workflow, byte for byte. */

const NAME_MAX = 63;
const ROLE_SUFFIX = '-funnel-role';
const ACCOUNT_SUFFIX = '-worker-sa';

/** @param hostname of the deployment; it is cut to fit, the user id never is */
export const workerNamesOf = (hostname: string, userId: string): { roleName: string; serviceAccount: string } => ({
  roleName: named(hostname, userId, ROLE_SUFFIX),
  serviceAccount: named(hostname, userId, ACCOUNT_SUFFIX),
});

const named = (hostname: string, userId: string, suffix: string): string => {
  const host = `gen3wf-${hostname.replaceAll('.', '-')}`;
  return `${host.slice(0, Math.max(NAME_MAX - suffix.length - userId.length - 1, 0))}-${userId}${suffix}`;
};
