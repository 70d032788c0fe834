/** The shapes of the admin API's bodies. */
import { z } from 'zod';
import { findModel } from '../wire/model.ts';

export const Account = z.string().regex(/^\d{12}$/, 'an account id has 12 digits');

export const TimingChange = z
  .strictObject({
    scale: z.number().min(0).optional(),
    seed: z.int().optional(),
    account: Account.optional(),
    passMs: z.number().min(0).optional(),
  })
  .refine(({ account, passMs }) => passMs === undefined || account !== undefined, {
    path: ['account'],
    message: 'passMs needs the account where time passes',
  });

/** `service-quotas`, `ServiceQuotas` and `servicequotas` are one service. */
export const plainService = (service: string): string => service.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** A misspelt operation would never be hit, and its test would pass for the wrong reason. */
const isKnown = ({ service, operation }: { service: string; operation: string }): boolean => {
  const model = service === '*' || operation === '*' ? undefined : findModel(plainService(service));
  return model === undefined || Object.hasOwn(model.operations, operation);
};

const Fault = z
  .strictObject({
    service: z.string().min(1),
    operation: z.string().min(1),
    account: Account.optional(),
    skip: z.int().min(0).default(0),
    times: z.int().min(-1).default(1),
    fault: z.enum(['throttle', 'denied', 'internal', 'reset', 'lost-answer', 'slow']),
    delayMs: z.number().min(0).optional(),
  })
  .refine(({ fault, delayMs }) => fault !== 'slow' || delayMs !== undefined, {
    path: ['delayMs'],
    message: 'slow needs delayMs',
  })
  .refine(isKnown, { path: ['operation'], message: "the service has no such operation; names are the SDK's" });
export const FaultList = z.array(Fault);
