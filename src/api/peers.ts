/** What the API asks of its peers besides workspaces: are they there, and which account is ours. */
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Client } from '@temporalio/client';
import { fail } from '#domain/failures.ts';
import type { Readiness } from './deps.ts';

/** An orchestrator's probe usually waits a few seconds only. */
const CHECK_MS = 3_000;
/** Probes of many kinds come in every few seconds; one look serves all of them. */
const KEEP_MS = 1_000;

export const createReadiness = ({
  temporal,
  s3,
  bucket,
}: {
  readonly temporal: Client;
  readonly s3: Pick<S3Client, 'send'>;
  readonly bucket: string;
}): (() => Promise<Readiness>) => {
  const checks: Readonly<Record<string, () => Promise<unknown>>> = {
    temporal: () =>
      temporal.withDeadline(Date.now() + CHECK_MS, () =>
        temporal.workflowService.describeNamespace({ namespace: temporal.options.namespace }),
      ),
    controlBucket: () => s3.send(new HeadBucketCommand({ Bucket: bucket })),
  };
  let kept: { at: number; readiness: Promise<Readiness> } | undefined;
  return () => {
    if (!kept || Date.now() - kept.at > KEEP_MS) kept = { at: Date.now(), readiness: check(checks) };
    return kept.readiness;
  };
};

const check = async (checks: Readonly<Record<string, () => Promise<unknown>>>): Promise<Readiness> => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, call]) => {
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('late')), CHECK_MS).unref();
      });
      // Why it does not answer is in the log of its calls; a probe's answer is open to anybody.
      return [
        name,
        await Promise.race([call(), late]).then(
          () => 'ok',
          () => 'does not answer',
        ),
      ] as const;
    }),
  );
  return { ready: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) };
};

/** Eyrie's own account: as configured, else asked of STS when it is first needed. */
export const createOwnAccount = (
  sts: Pick<STSClient, 'send'>,
  configured: string | undefined,
): (() => Promise<string>) => {
  let asked: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const { Account } = await sts.send(new GetCallerIdentityCommand({}));
    if (!Account) throw fail('Unavailable', 'STS does not say which account this is');
    return Account;
  };
  return async () => {
    if (configured !== undefined) return configured;
    asked ??= ask();
    // Only an answer is kept.
    asked.catch(() => {
      asked = undefined;
    });
    return asked;
  };
};
