/** Whether the peers that the API can't work without are there. */
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Client } from '@temporalio/client';
import { codeOf, type FailureCode } from '#domain/core/failures.ts';
import type { Readiness } from './deps.ts';

/** An orchestrator's probe usually waits a few seconds only. */
const CHECK_MS = 3_000;
/** Probes of many kinds come in every few seconds; one look serves all of them. */
const KEEP_MS = 1_000;

export const createReadiness = ({
  temporal,
  s3,
  bucket,
  draining,
}: {
  readonly temporal: Client;
  readonly s3: Pick<S3Client, 'send'>;
  readonly bucket: string;
  /** Aborted: this process is about to stop. */
  readonly draining: AbortSignal;
}): (() => Promise<Readiness>) => {
  const checks: Readonly<Record<string, () => Promise<unknown>>> = {
    temporal: () =>
      temporal.withDeadline(Date.now() + CHECK_MS, () =>
        temporal.workflowService.describeNamespace({ namespace: temporal.options.namespace }),
      ),
    controlBucket: () => s3.send(new HeadBucketCommand({ Bucket: bucket })),
  };
  let kept: { at: number; readiness: Promise<Readiness> } | undefined;
  return async () => {
    if (draining.aborted) return { ready: false, checks: { process: 'stops' } };
    if (!kept || Date.now() - kept.at > KEEP_MS) kept = { at: Date.now(), readiness: check(checks) };
    return kept.readiness;
  };
};

/** What S3 answers is another thing than that nobody does: who reads it looks at rights, or for the bucket. */
const ANSWERS: Partial<Readonly<Record<FailureCode, string>>> = { Denied: 'refuses', NotFound: 'is not there' };

const stateOf = (error: unknown): string => ANSWERS[codeOf(error)] ?? 'does not answer';

const check = async (checks: Readonly<Record<string, () => Promise<unknown>>>): Promise<Readiness> => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, call]) => {
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('late')), CHECK_MS).unref();
      });
      // Why it does not answer is in the log of its calls; a probe's answer is open to anybody.
      return [name, await Promise.race([call(), late]).then(() => 'ok', stateOf)] as const;
    }),
  );
  return { ready: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) };
};
