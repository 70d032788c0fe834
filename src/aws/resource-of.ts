/** What a call to AWS is about, by its own name: for whoever reads that it failed or hangs. */

/** Where requests of the services that are called name it; the most telling one first. */
const NAMES = [
  ...['Bucket', 'jobQueueName', 'jobQueue', 'computeEnvironmentName', 'computeEnvironment', 'jobDefinitionName'],
  ...['RoleName', 'UserName', 'InstanceProfileName', 'PolicyName', 'PolicyArn', 'RoleArn', 'PolicySourceArn'],
  ...['LaunchTemplateName', 'LaunchTemplateId', 'GroupName', 'GroupId', 'InstanceId', 'NatGatewayId', 'RouteTableId'],
  ...['SubnetId', 'InternetGatewayId', 'VpcEndpointId', 'AllocationId', 'VpcId', 'AliasName', 'KeyId', 'FileSystemId'],
  ...['MountTargetId', 'ResourceId', 'ResourceARN', 'Resources', 'resourceArn', 'arn', 'logGroupName'],
  ...['ServiceName', 'Name', 'name', 'Names'],
  ...['jobQueues', 'computeEnvironments', 'InstanceIds', 'VpcIds', 'SubnetIds', 'GroupIds', 'QuotaCode', 'jobId'],
] as const;

interface Tagged {
  readonly TagSpecifications?: readonly {
    readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
  }[];
}

/** Null where the request names nothing. An object of a bucket goes by both. */
export const resourceOf = (input: unknown): string | null => {
  if (typeof input !== 'object' || input === null) return null;
  const fields = input as Readonly<Record<string, unknown>>;
  if (typeof fields.Bucket === 'string' && typeof fields.Key === 'string') return `${fields.Bucket}/${fields.Key}`;
  // What is made has no id yet: EC2 is told its name as a tag.
  return nameTagOf(input) ?? NAMES.map((name) => textOf(fields[name])).find((text) => text !== null) ?? null;
};

const nameTagOf = ({ TagSpecifications = [] }: Tagged): string | null =>
  TagSpecifications.flatMap(({ Tags = [] }) => Tags).find(({ Key }) => Key === 'Name')?.Value ?? null;

const textOf = (value: unknown): string | null => {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' && one !== '' ? one : null;
};
