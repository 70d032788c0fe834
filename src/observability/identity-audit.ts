/** The audit lines about identities, among the other lines of the log. */
import type { IdentityAudit } from '#s3/audit.ts';
import type { Logger } from './logger.ts';

/** They are written at every level but `silent`: who wants fewer lines does not mean these. */
export const createIdentityAudit = (log: Logger): IdentityAudit => {
  const audit = log.level === 'silent' ? log : log.child({}, { level: 'info' });
  return ({ event, ...fields }) => audit.info(fields, event);
};
