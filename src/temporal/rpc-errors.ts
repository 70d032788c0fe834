/** Errors of the Temporal client as classified failures: what the API answers must not depend on gRPC. */
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { fail } from '#domain/core/failures.ts';

/** @throws always: the workflow's own failure where it refused, `NotFound`, or `Unavailable`. */
export const fromTemporal = (error: unknown): never => {
  if (error instanceof ApplicationFailure) throw error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) throw error.cause;
  const cause = error instanceof Error ? error : undefined;
  if (error instanceof WorkflowNotFoundError) throw fail('NotFound', 'no operation is in progress', {}, cause);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    throw fail(
      'Unavailable',
      'no worker answered in time: see whether one runs (`eyrie doctor`), and try again',
      {},
      cause,
    );
  }
  if (error instanceof ServiceError || error instanceof QueryNotRegisteredError || isGrpcServiceError(error)) {
    throw fail('Unavailable', 'Temporal does not answer', {}, cause);
  }
  throw error;
};
