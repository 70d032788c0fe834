/** Which step makes which call, seen from within: an activity's id begins with its step. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { Aws, AwsClient } from '#aws/clients.ts';
import type { AccountRef } from '#domain/account.ts';

interface Named {
  readonly constructor: { readonly name: string };
}

const noting = <C extends { send: unknown }>(
  service: string,
  clientOf: (account: AccountRef) => AwsClient<C>,
  note: (call: string) => void,
): ((account: AccountRef) => AwsClient<C>) => {
  return (account) => {
    const client = clientOf(account) as { readonly send: (command: Named, ...rest: unknown[]) => Promise<unknown> };
    const send = (command: Named, ...rest: unknown[]): Promise<unknown> => {
      note(`${service}:${command.constructor.name.replace(/Command$/, '')}`);
      return client.send(command, ...rest);
    };
    return { send } as AwsClient<C>;
  };
};

/** The clients, and the steps that have called each operation (`ec2:CreateVpc`) by them. */
export const noteCalls = (aws: Aws): { readonly aws: Aws; readonly stepsOf: (call: string) => ReadonlySet<string> } => {
  const steps = new Map<string, Set<string>>();
  const note = (call: string): void => {
    const step = asyncLocalStorage.getStore()?.info.activityId.split('/')[0];
    if (step) steps.set(call, (steps.get(call) ?? new Set()).add(step));
  };
  return {
    aws: {
      ec2: noting('ec2', aws.ec2, note),
      batch: noting('batch', aws.batch, note),
      iam: noting('iam', aws.iam, note),
      s3: noting('s3', aws.s3, note),
      kms: noting('kms', aws.kms, note),
      sts: noting('sts', aws.sts, note),
      ssm: noting('ssm', aws.ssm, note),
      imagebuilder: noting('imagebuilder', aws.imagebuilder, note),
      quotas: noting('servicequotas', aws.quotas, note),
      efs: noting('elasticfilesystem', aws.efs, note),
      fsx: noting('fsx', aws.fsx, note),
      logs: noting('logs', aws.logs, note),
      as: aws.as,
    },
    stepsOf: (call) => steps.get(call) ?? new Set(),
  };
};
