/** What an operator types to take something away by hand, once they have made sure whose it is. */
import { shellWord } from '../core/commands.ts';
import type { Finding } from './finding.ts';

type Named = Pick<Finding, 'type' | 'id' | 'name' | 'region'>;

/** By type: AWS's own command, without its region. */
const COMMANDS: Readonly<Record<string, (thing: Named) => string>> = {
  'AWS::Batch::JobDefinition': ({ id }) => `batch deregister-job-definition --job-definition ${id}`,
  'AWS::Batch::JobQueue': ({ id }) => `batch update-job-queue --state DISABLED --job-queue ${id}`,
  'AWS::Batch::ComputeEnvironment': ({ id }) =>
    `batch update-compute-environment --state DISABLED --compute-environment ${id}`,
  'AWS::Batch::SchedulingPolicy': ({ id }) => `batch delete-scheduling-policy --arn ${id}`,
  'AWS::EC2::LaunchTemplate': ({ id }) => `ec2 delete-launch-template --launch-template-id ${id}`,
  'AWS::EC2::Instance': ({ id }) => `ec2 terminate-instances --instance-ids ${id}`,
  'AWS::EC2::NatGateway': ({ id }) => `ec2 delete-nat-gateway --nat-gateway-id ${id}`,
  'AWS::EC2::VPCEndpoint': ({ id }) => `ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`,
  'AWS::EC2::Volume': ({ id }) => `ec2 delete-volume --volume-id ${id}`,
  'AWS::EC2::NetworkInterface': ({ id }) => `ec2 delete-network-interface --network-interface-id ${id}`,
  'AWS::EC2::EIP': ({ id }) => `ec2 release-address --allocation-id ${id}`,
  'AWS::EC2::SecurityGroup': ({ id }) => `ec2 delete-security-group --group-id ${id}`,
  'AWS::EC2::RouteTable': ({ id }) => `ec2 delete-route-table --route-table-id ${id}`,
  'AWS::EC2::Subnet': ({ id }) => `ec2 delete-subnet --subnet-id ${id}`,
  'AWS::EC2::InternetGateway': ({ id }) => `ec2 delete-internet-gateway --internet-gateway-id ${id}`,
  'AWS::EC2::VPC': ({ id }) => `ec2 delete-vpc --vpc-id ${id}`,
  'AWS::IAM::InstanceProfile': ({ id }) => `iam delete-instance-profile --instance-profile-name ${id}`,
  'AWS::IAM::Role': ({ id }) => `iam delete-role --role-name ${id}`,
  'AWS::IAM::User': ({ id }) => `iam delete-user --user-name ${id}`,
  'AWS::IAM::ManagedPolicy': ({ id }) => `iam delete-policy --policy-arn ${id}`,
  'AWS::IAM::AccessKey': ({ id, name }) =>
    `iam update-access-key --status Inactive --user-name ${name} --access-key-id ${id}`,
  'AWS::Logs::LogGroup': ({ id }) => `logs delete-log-group --log-group-name ${id}`,
  'AWS::KMS::Key': ({ id }) => `kms schedule-key-deletion --pending-window-in-days 30 --key-id ${id}`,
  'AWS::S3::Bucket': ({ id }) => `s3 rb s3://${id}`,
  'AWS::EFS::FileSystem': ({ id }) => `efs delete-file-system --file-system-id ${id}`,
  'AWS::FSx::FileSystem': ({ id }) => `fsx delete-file-system --file-system-id ${id}`,
};

export const commandFor = (thing: Named): string => {
  const { type, id, name, region } = thing;
  const command = COMMANDS[type]?.({ ...thing, id: shellWord(id), name: name === null ? null : shellWord(name) });
  return command === undefined ? '' : `aws --region ${region} ${command}`;
};
