/** Something done around every call of AWS. */
import type { Aws, AwsClient } from '#aws/clients.ts';
import type { AccountRef } from '#domain/core/account.ts';

interface Named {
  readonly constructor: { readonly name: string };
}

/** @param call for example `ec2:CreateVpc` */
export type Around = (call: string, account: AccountRef, send: () => Promise<unknown>) => Promise<unknown>;

export const wrapCalls = (aws: Aws, around: Around): Aws => {
  const wrap =
    <C extends { send: unknown }>(service: string, clientOf: (account: AccountRef) => AwsClient<C>) =>
    (account: AccountRef): AwsClient<C> => {
      const client = clientOf(account) as { readonly send: (command: Named, ...rest: unknown[]) => Promise<unknown> };
      const send = (command: Named, ...rest: unknown[]): Promise<unknown> =>
        around(`${service}:${command.constructor.name.replace(/Command$/, '')}`, account, () =>
          client.send(command, ...rest),
        );
      return { send } as AwsClient<C>;
    };
  return {
    ec2: wrap('ec2', aws.ec2),
    batch: wrap('batch', aws.batch),
    iam: wrap('iam', aws.iam),
    s3: wrap('s3', aws.s3),
    kms: wrap('kms', aws.kms),
    sts: wrap('sts', aws.sts),
    ssm: wrap('ssm', aws.ssm),
    imagebuilder: wrap('imagebuilder', aws.imagebuilder),
    quotas: wrap('servicequotas', aws.quotas),
    efs: wrap('elasticfilesystem', aws.efs),
    fsx: wrap('fsx', aws.fsx),
    logs: wrap('logs', aws.logs),
    as: aws.as,
  };
};
