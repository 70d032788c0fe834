/** What every service says in its own way: that it was asked too often, by somebody who may not, or that it failed. */
import type { Failure, ServiceErrors } from '../core/service.ts';
import { protocolOf } from './model.ts';

/** Services with JSON over one path answer 400, those with REST paths the status that fits. */
const byProtocol = (kind: keyof ServiceErrors, service: string): Failure => {
  const protocol = protocolOf(service);
  if (kind === 'throttle') return ['ThrottlingException', protocol === 'rest-json' ? 429 : 400, 'Rate exceeded'];
  if (kind === 'internal') return ['InternalFailure', 500, 'Internal failure'];
  return ['AccessDeniedException', protocol === 'json' ? 400 : 403, 'User is not authorized'];
};

/** @param errors those of the service's module, if it has any */
export const failureOf = (kind: keyof ServiceErrors, service: string, errors: ServiceErrors | undefined): Failure =>
  errors?.[kind] ?? byProtocol(kind, service);
