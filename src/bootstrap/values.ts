/** What stands for the placeholders of the published documents, by the configuration. */
import { apiRoleOf, installationOf } from '#config/derived.ts';
import type { Config } from '#config/schema.ts';
import { partitionOf } from '#domain/core/account.ts';
import type { Values } from './documents.ts';

/** An option that names nothing: statements about it are left out. */
const NOTHING: readonly string[] = [];

/** Of Eyrie's own account. The roles of worker and API keep their placeholders where the configuration names none. */
export const valuesOf = (config: Config, accountId: string): Values => {
  const { environment, controlBucket } = installationOf(config);
  const { region, payModelRoleName, assumeRole, externalId } = config.aws;
  const imageReader = config['nextflow-global']['imagebuilder-reader-role-arn'];
  const pipelines = Object.values(config.profiles).map((profile) => profile['instance-ami-builder-arn']);
  return {
    ...{ accountId, region, environment, controlBucket, payModelRoleName, partition: partitionOf(region) },
    computePrefix: config.compute.namePrefix,
    imageReaderRoleArn: imageReader || NOTHING,
    imagePipelineArns: [...new Set(pipelines.filter((arn) => arn !== undefined && arn !== ''))] as string[],
    computeAccountRoleArns: config.compute.accounts.map(({ roleArn }) => roleArn),
    externalId: externalId ?? NOTHING,
    workerRoleArn: assumeRole?.roleArn,
    apiRoleArn: apiRoleOf(config),
  };
};
